//! RFC 9457 problem documents: the one file that maps everything that goes wrong to HTTP.
//!
//! A [`Problem`] travels to the shell of the component inside the response's extensions. Only there are the request's id and
//! path known, so only there is it written out.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use kiskadee_shared::openai::{self, ErrorObject};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// The media type of a problem document.
pub const MEDIA_TYPE: &str = "application/problem+json";
/// The media type of a problem document with what clients of `OpenAI`'s API read.
pub(crate) const OPENAI_MEDIA_TYPE: &str = "application/json";

const TYPE_PREFIX: &str = "urn:kiskadee:problem:";

/// One thing that is wrong in a request, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// The name of the field, with dots between the levels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The place in a list, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
    /// The line of an uploaded file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl FieldError {
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            index: None,
            line: None,
            message: message.into(),
        }
    }

    #[must_use]
    pub fn at_index(self, index: usize) -> Self {
        Self {
            index: Some(index),
            ..self
        }
    }

    #[must_use]
    pub fn at_line(self, line: u64) -> Self {
        Self {
            line: Some(line),
            ..self
        }
    }
}

/// A problem that a request ran into. Small to move: what it says lies behind one pointer.
#[derive(Debug, Clone)]
pub struct Problem(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    status: StatusCode,
    code: String,
    detail: String,
    errors: Option<Box<RawValue>>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// A problem as it looks outside.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Document<'a> {
    /// What kind of problem this is; stable, to be matched by programs.
    #[schema(example = "urn:kiskadee:problem:validation")]
    r#type: String,
    /// The kind in words.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// What is wrong with this request, and what to do.
    detail: &'a str,
    /// The path that was asked for.
    instance: &'a str,
    /// The `X-Request-Id` of this answer; name it when asking for help.
    request_id: &'a str,
    /// Every place that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<FieldError>>)]
    errors: Option<&'a RawValue>,
    /// The same for clients of `OpenAI`'s API, on its routes alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<OpenAiError>)]
    error: Option<ErrorObject<'a>>,
}

/// What clients of `OpenAI`'s API read of a problem.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the schema of what is written elsewhere")]
pub(crate) struct OpenAiError {
    /// What is wrong, and what to do.
    message: String,
    /// The kind, in `OpenAI`'s words.
    #[schema(example = "invalid_request_error")]
    r#type: String,
    /// The first member of the request that is wrong.
    #[schema(required = true)]
    param: Option<String>,
    /// The kind more exactly.
    #[schema(example = "validation")]
    code: String,
}

/// One of the errors, whoever wrote them.
#[derive(Deserialize)]
struct Place {
    field: Option<String>,
    message: String,
}

impl Problem {
    pub fn new(status: StatusCode, code: impl Into<String>, detail: impl Into<String>) -> Self {
        let (code, detail) = (code.into(), detail.into());
        Self(Box::new(Inner {
            status,
            code,
            detail,
            errors: None,
            headers: Vec::new(),
        }))
    }

    /// 400: the request cannot be parsed.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", detail)
    }

    /// 401, with the challenge that says how to authenticate.
    pub fn unauthenticated(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail)
    }

    /// 403: the caller is known and may not do this.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// 404: also for what belongs to someone else.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// 409: the state of the resource does not allow this now.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", detail)
    }

    /// 413: the body is larger than the route takes.
    pub fn too_large(limit_bytes: usize) -> Self {
        let detail =
            format!("the body is larger than the {limit_bytes} bytes that are accepted here");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", detail)
    }

    /// 415: the body has the wrong media type.
    pub fn unsupported_media_type(expected: &str) -> Self {
        let detail = format!("send the body with `Content-Type: {expected}`");
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            detail,
        )
    }

    /// 422: well-formed, with bad values; every one is named.
    pub fn validation(errors: &[FieldError]) -> Self {
        let detail = match errors {
            [only] => match &only.field {
                Some(field) => format!("`{field}`: {}", only.message),
                None => only.message.clone(),
            },
            _ => format!(
                "{} values are not acceptable; `errors` names each",
                errors.len()
            ),
        };
        let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "validation", detail);
        match serde_json::value::to_raw_value(errors) {
            Ok(raw) => problem.with_errors(raw),
            Err(_) => problem,
        }
    }

    /// 503: what the answer depends on cannot be reached now.
    pub fn unavailable(detail: impl Into<String>, retry_after_s: u32) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).retry_after(retry_after_s)
    }

    /// 500. The cause is for the log ([`crate::log`]), not for the caller.
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "something went wrong on this side; quote the request_id when asking for help",
        )
    }

    /// The problem of a status that a library chose without words.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let (code, detail) = match status {
            StatusCode::NOT_FOUND => ("not_found", "there is no resource at this path"),
            StatusCode::METHOD_NOT_ALLOWED => (
                "method_not_allowed",
                "this path does not take this method; the `Allow` header lists what it takes",
            ),
            StatusCode::PAYLOAD_TOO_LARGE => (
                "payload_too_large",
                "the body is larger than what is accepted here",
            ),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => (
                "unsupported_media_type",
                "the body has the wrong `Content-Type`",
            ),
            StatusCode::UNPROCESSABLE_ENTITY => ("validation", "the request has bad values"),
            status if status.is_client_error() => ("malformed", "the request cannot be understood"),
            _ => return Self::internal(),
        };
        Self::new(status, code, detail)
    }

    /// Takes the errors as the JSON that they already are.
    #[must_use]
    pub fn with_errors(mut self, errors: Box<RawValue>) -> Self {
        self.0.errors = Some(errors);
        self
    }

    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        self.with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    pub fn code(&self) -> &str {
        &self.0.code
    }

    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The media type of the document for a path.
    pub(crate) fn media_type(instance: &str) -> HeaderValue {
        HeaderValue::from_static(if openai::is_route(instance) {
            OPENAI_MEDIA_TYPE
        } else {
            MEDIA_TYPE
        })
    }

    fn places(&self) -> Vec<(Option<String>, String)> {
        let errors = self.0.errors.as_deref().map(RawValue::get);
        let places: Vec<Place> = errors
            .and_then(|errors| serde_json::from_str(errors).ok())
            .unwrap_or_default();
        let places = places.into_iter();
        places.map(|place| (place.field, place.message)).collect()
    }

    /// The document for one request.
    pub fn render(&self, instance: &str, request_id: &str) -> Vec<u8> {
        let is_openai = openai::is_route(instance);
        let places = if is_openai { self.places() } else { Vec::new() };
        let Inner {
            status,
            code,
            detail,
            errors,
            ..
        } = &*self.0;
        let document = Document {
            r#type: format!("{TYPE_PREFIX}{code}"),
            title: title(code, *status),
            status: status.as_u16(),
            detail,
            instance,
            request_id,
            errors: errors.as_deref(),
            error: is_openai.then(|| {
                ErrorObject::new(status.as_u16(), code, detail.as_str()).of_places(&places)
            }),
        };
        // Strings and numbers always serialise; an empty body would still carry the right status.
        serde_json::to_vec(&document).unwrap_or_default()
    }
}

impl IntoResponse for Problem {
    fn into_response(mut self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.0.status;
        for (name, value) in std::mem::take(&mut self.0.headers) {
            response.headers_mut().insert(name, value);
        }
        if let Some(challenge) = challenge(self.0.status, &self.0.code) {
            response
                .headers_mut()
                .entry(header::WWW_AUTHENTICATE)
                .or_insert(HeaderValue::from_static(challenge));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// What RFC 6750 wants to have said to a caller without credentials, or with some that are not enough.
fn challenge(status: StatusCode, code: &str) -> Option<&'static str> {
    match code {
        "insufficient_scope" => Some("Bearer realm=\"kiskadee\", error=\"insufficient_scope\""),
        _ if status == StatusCode::UNAUTHORIZED => Some("Bearer realm=\"kiskadee\""),
        _ => None,
    }
}

/// The words of a kind: the same for every problem of the kind, as the RFC asks.
fn title(code: &str, status: StatusCode) -> &str {
    match code {
        "malformed" => "The request cannot be parsed",
        "unauthenticated" => "Authentication is required",
        "forbidden" => "Not allowed",
        "insufficient_scope" => "The API key lacks a scope",
        "registration_closed" => "Registration is closed",
        "not_found" => "Not found",
        "method_not_allowed" => "Method not allowed",
        "conflict" => "Conflict with the present state",
        "gone" => "No longer there",
        "payload_too_large" => "The body is too large",
        "unsupported_media_type" => "Unsupported media type",
        "validation" => "Some values are not acceptable",
        "idempotency_mismatch" => "The Idempotency-Key was used with another request",
        "rate_limited" => "Too many requests",
        "queue_full" => "Too much work is queued",
        "storage_full" => "No storage is left",
        "unavailable" => "Temporarily unavailable",
        "internal" => "Internal error",
        _ => status.canonical_reason().unwrap_or("Problem"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn rendered(problem: &Problem) -> Value {
        serde_json::from_slice(&problem.render("/auth/me", "r-1")).unwrap()
    }

    #[test]
    fn a_problem_has_every_member() {
        let problem = Problem::not_found("no such key");
        assert_eq!(
            rendered(&problem),
            json!({"type": "urn:kiskadee:problem:not_found", "title": "Not found", "status": 404, "detail": "no such key",
                "instance": "/auth/me", "request_id": "r-1"})
        );
    }

    #[test]
    fn validation_names_every_place() {
        let errors = [
            FieldError::new("texts", "is empty").at_index(3),
            FieldError::new("language", "is missing"),
        ];
        let document = rendered(&Problem::validation(&errors));
        assert_eq!(document["status"], 422);
        assert_eq!(
            document["errors"][0],
            json!({"field": "texts", "index": 3, "message": "is empty"})
        );
        assert_eq!(document["errors"][1]["field"], "language");
    }

    #[test]
    fn clients_of_openai_find_what_they_read() {
        let errors = [
            FieldError::new("voice", "there is no voice \"x\""),
            FieldError::new("speed", "must be 0.25 to 4"),
        ];
        let problem = Problem::validation(&errors);
        let document: Value =
            serde_json::from_slice(&problem.render("/v1/audio/speech", "r")).unwrap();
        assert_eq!(document["errors"][1]["field"], "speed");
        assert_eq!(
            document["error"],
            json!({"type": "invalid_request_error", "param": "voice", "code": "validation",
                "message": "`voice`: there is no voice \"x\"; `speed`: must be 0.25 to 4"})
        );
        assert_eq!(Problem::media_type("/v1/models"), "application/json");
        assert_eq!(Problem::media_type("/api/v1/jobs"), MEDIA_TYPE);
        let bare: Value =
            serde_json::from_slice(&Problem::internal().render("/v1/x", "r")).unwrap();
        assert_eq!(bare["error"]["type"], "server_error");
        assert_eq!(bare["error"]["param"], Value::Null);
    }

    #[test]
    fn a_single_error_is_told_in_the_detail() {
        let problem = Problem::validation(&[FieldError::new("name", "is too long")]);
        assert_eq!(problem.detail(), "`name`: is too long");
    }

    #[test]
    fn a_401_always_says_how_to_authenticate() {
        let response = Problem::unauthenticated("no").into_response();
        assert_eq!(
            response.headers()[header::WWW_AUTHENTICATE],
            "Bearer realm=\"kiskadee\""
        );
    }

    #[test]
    fn a_503_says_when_to_come_back() {
        let response = Problem::unavailable("no database", 2).into_response();
        assert_eq!(response.headers()[header::RETRY_AFTER], "2");
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
