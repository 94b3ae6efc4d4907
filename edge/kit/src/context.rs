//! What the shell knows about a request and hands to its handler.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, request::Parts},
};
use kiskadee_shared::{
    origin::{Origin, is_request_id},
    trace::TraceParent,
};
use uuid::Uuid;

use crate::{log, problem::Problem, settings::Settings};

/// The header that names a request.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

/// The settings of the component and the name of the request.
#[derive(Debug, Clone)]
pub struct Context {
    pub settings: &'static Settings,
    pub request_id: RequestId,
}

impl<S: Sync> FromRequestParts<S> for Context {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(parts).cloned()
    }
}

impl Context {
    pub(crate) fn of(parts: &Parts) -> Result<&Self, Problem> {
        parts.extensions.get().ok_or_else(|| {
            log::error("a route was served outside of its shell", &parts.uri);
            Problem::internal()
        })
    }
}

/// The name of a request: the caller's when it is well formed, else a new `UUIDv7`.
#[derive(Debug, Clone)]
pub struct RequestId(HeaderValue);

impl RequestId {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        match headers.get(REQUEST_ID) {
            Some(given) if is_well_formed(given) => Self(given.clone()),
            _ => Self::generate(),
        }
    }

    fn generate() -> Self {
        let mut buffer = Uuid::encode_buffer();
        let text = Uuid::now_v7().hyphenated().encode_lower(&mut buffer);
        Self(HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("unknown")))
    }

    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    pub(crate) fn header_value(&self) -> &HeaderValue {
        &self.0
    }
}

fn is_well_formed(value: &HeaderValue) -> bool {
    value.to_str().is_ok_and(is_request_id)
}

/// The trace that a request belongs to, the caller's or else a new one, with the name of the request: what goes with work that it asks
/// for. Made only for handlers that take it.
#[derive(Debug, Clone)]
pub struct Trace(pub Origin);

impl<S: Sync> FromRequestParts<S> for Trace {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let given = parts
            .headers
            .get(TRACE_PARENT)
            .and_then(|value| value.to_str().ok());
        let trace = given.and_then(|text| text.parse().ok());
        let context = parts.extensions.get::<Context>();
        Ok(Self(Origin {
            trace: trace.unwrap_or_else(new_trace),
            request_id: context.map(|context| context.request_id.as_str().to_owned()),
        }))
    }
}

fn new_trace() -> TraceParent {
    let (trace, span) = (Uuid::new_v4(), Uuid::new_v4());
    TraceParent::start(trace.as_u128(), span.as_u64_pair().1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_for(given: &str) -> String {
        let headers = HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_str(given).unwrap())]);
        RequestId::of(&headers).as_str().to_owned()
    }

    #[test]
    fn a_well_formed_id_is_kept() {
        for id in ["a", "Order-7.retry_2", &"x".repeat(128)] {
            assert_eq!(id_for(id), id);
        }
    }

    #[test]
    fn anything_else_is_replaced() {
        for id in ["", "with space", "a/b", "<script>", &"x".repeat(129)] {
            let made = id_for(id);
            assert_eq!(Uuid::parse_str(&made).unwrap().get_version_num(), 7, "{id}");
        }
    }

    #[tokio::test]
    async fn a_trace_is_taken_over_or_begun() {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let request = axum::http::Request::builder()
            .header(TRACE_PARENT, text)
            .body(())
            .unwrap();
        let trace = Trace::from_request_parts(&mut request.into_parts().0, &())
            .await
            .unwrap();
        assert_eq!(trace.0.to_string(), text);

        let request = axum::http::Request::builder()
            .header(TRACE_PARENT, "junk")
            .body(())
            .unwrap();
        let trace = Trace::from_request_parts(&mut request.into_parts().0, &())
            .await
            .unwrap();
        assert_ne!(trace.0.trace.trace_id(), 0);
    }
}
