//! The host's own refusals, as problem documents (RFC 9457).

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use kiskadee_shared::openai::{self, ErrorObject};

use crate::admission::Whose;

/// What there is a bound on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Requests,
    /// Instances that work, those of live audio among them.
    Instances,
    Streams,
    Connections,
}

/// What the host refuses by itself, before or instead of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    BadHost,
    NotFound,
    BodyTimeout,
    BodyTooLarge {
        limit: u64,
    },
    Broken,
    /// No instance became free in time.
    Busy,
    /// A share is used up.
    Full(What, Whose),
    Timeout,
}

impl Refusal {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::BadHost => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Busy | Self::Full(_, Whose::All) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Full(..) => StatusCode::TOO_MANY_REQUESTS,
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    fn slug(self) -> &'static str {
        match self {
            Self::BadHost => "malformed",
            Self::NotFound => "not_found",
            Self::BodyTimeout => "request_timeout",
            Self::BodyTooLarge { .. } => "payload_too_large",
            Self::Broken => "internal",
            Self::Busy | Self::Full(_, Whose::All) => "overloaded",
            Self::Full(..) => "too_many_at_once",
            Self::Timeout => "timeout",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::BadHost => "Malformed request",
            Self::NotFound => "Not found",
            Self::BodyTimeout => "Request timeout",
            Self::BodyTooLarge { .. } => "Payload too large",
            Self::Broken => "Internal error",
            Self::Busy | Self::Full(_, Whose::All) => "Overloaded",
            Self::Full(..) => "Too many at once",
            Self::Timeout => "Timeout",
        }
    }

    fn detail(self) -> String {
        match self {
            Self::BadHost => "The request names no valid host.".to_owned(),
            Self::NotFound => "There is nothing at this address.".to_owned(),
            Self::BodyTimeout => "The rest of the request did not arrive in time; send it again.".to_owned(),
            Self::BodyTooLarge { limit } => format!("The body is larger than {limit} bytes; send less at once."),
            Self::Broken => {
                "The request could not be completed; try again, and report the request id if it happens again."
                    .to_owned()
            }
            Self::Busy => "The server has as many requests as it can handle; try again in a moment.".to_owned(),
            Self::Full(what, whose) => format!(
                "{} has as many {} open as it may have at once; end some, or try again in a moment.",
                whose.name(),
                what.name()
            ),
            Self::Timeout => "The answer took too long; try again.".to_owned(),
        }
    }

    /// Which limit it was, and how many seconds to wait before the next try.
    fn limit(self) -> Option<(String, &'static str)> {
        match self {
            Self::Busy => Some(("instances".to_owned(), "1")),
            Self::Full(what, whose) => {
                let wait = if what == What::Requests { "1" } else { "5" };
                Some((format!("{}{}", what.name(), whose.suffix()), wait))
            }
            _ => None,
        }
    }

    /// Which bound of the host it was, for those who count.
    pub(crate) fn limit_name(self) -> Option<String> {
        Some(self.limit()?.0)
    }

    /// The answer. The request id goes into the document, for that is what a user copies into a report.
    pub(crate) fn response(self, path: &str, request_id: &str) -> Response<Bytes> {
        let status = self.status();
        let limit = self.limit();
        let detail = self.detail();
        let mut document = serde_json::json!({
            "type": format!("urn:kiskadee:problem:{}", self.slug()),
            "title": self.title(),
            "status": status.as_u16(),
            "detail": detail,
            "instance": path,
            "request_id": request_id,
        });
        if let Some((limit, _)) = &limit {
            document["limit"] = limit.as_str().into();
        }
        let is_openai = openai::is_route(path);
        if is_openai {
            document["error"] =
                serde_json::json!(ErrorObject::new(status.as_u16(), self.slug(), detail));
        }
        let mut response = Response::new(Bytes::from(document.to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(if is_openai {
                "application/json"
            } else {
                "application/problem+json"
            }),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        if let Some((_, wait)) = limit {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(wait));
        }
        response
    }
}

impl What {
    fn name(self) -> &'static str {
        match self {
            Self::Requests | Self::Instances => "requests",
            Self::Streams => "streams",
            Self::Connections => "connections",
        }
    }
}

impl Whose {
    fn name(self) -> &'static str {
        match self {
            Self::All => "The server",
            Self::Address => "This address",
            Self::Caller => "This caller",
        }
    }

    fn suffix(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Address => "_per_address",
            Self::Caller => "_per_caller",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_a_problem_document() {
        let response = Refusal::Busy.response("/x", "id1");
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["retry-after"], "1");
        let document: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(document["status"], 503);
        assert_eq!(document["instance"], "/x");
        assert_eq!(document["request_id"], "id1");
        assert!(document["type"].as_str().unwrap().ends_with(":overloaded"));
    }

    #[test]
    fn clients_of_openai_find_what_they_read() {
        let refusal = Refusal::Full(What::Requests, Whose::Caller);
        let response = refusal.response("/v1/audio/speech", "id1");
        assert_eq!(response.headers()["content-type"], "application/json");
        let document: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(document["error"]["type"], "rate_limit_error");
        assert_eq!(document["error"]["code"], "rate_limit_exceeded");
        assert_eq!(document["error"]["message"], document["detail"]);
        assert_eq!(document["error"]["param"], serde_json::Value::Null);
        let elsewhere = refusal.response("/api/v1/speech", "id1");
        assert!(!String::from_utf8_lossy(elsewhere.body()).contains("\"error\""));
    }

    #[test]
    fn a_used_up_share_is_named() {
        let own = Refusal::Full(What::Streams, Whose::Caller).response("/x", "id1");
        assert_eq!(own.status(), 429);
        assert_eq!(own.headers()["retry-after"], "5");
        let document: serde_json::Value = serde_json::from_slice(own.body()).unwrap();
        assert_eq!(document["limit"], "streams_per_caller");
        let all = Refusal::Full(What::Requests, Whose::All).response("/x", "id1");
        assert_eq!(all.status(), 503);
    }
}
