//! That this process lives: answered before every queue and every limit, for whoever restarts it when it does not.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// What the host says of its process, and at which path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Answered by the host instead of by a component.
    pub path: String,
    /// The name of the service.
    pub service: String,
    /// Its version.
    pub version: String,
}

impl Health {
    /// Whether somebody asks for it. Other methods are the component's.
    pub(crate) fn is_asked<B>(&self, request: &Request<B>) -> bool {
        [Method::GET, Method::HEAD].contains(request.method()) && request.uri().path() == self.path
    }

    pub(crate) fn response(&self) -> Response<Bytes> {
        let document = serde_json::json!({
            "status": "healthy",
            "timestamp": timestamp(OffsetDateTime::now_utc()),
            "service": self.service,
            "version": self.version,
        });
        let mut response = Response::new(Bytes::from(document.to_string()));
        let headers = response.headers_mut();
        for (name, value) in [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, "no-store"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// Milliseconds are enough.
fn timestamp(now: OffsetDateTime) -> String {
    let whole_ms = now.replace_millisecond(now.millisecond()).unwrap_or(now);
    whole_ms.format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reads_of_the_path_are_answered() {
        let health = Health {
            path: "/health".to_owned(),
            service: "probe".to_owned(),
            version: "1".to_owned(),
        };
        let asked = |request: http::request::Builder| health.is_asked(&request.body(()).unwrap());
        assert!(asked(Request::get("/health?x=1")) && asked(Request::head("/health")));
        assert!(!asked(Request::post("/health")) && !asked(Request::get("/healthy")));
        let document: serde_json::Value = serde_json::from_slice(health.response().body()).unwrap();
        assert_eq!(document["status"], "healthy");
        assert_eq!(document["service"], "probe");
    }
}
