//! Cross-origin requests by configuration: only listed origins (or `*`) may read answers. Credentials travel in headers, never in
//! cookies, so `Access-Control-Allow-Credentials` is never sent.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
const HEADERS: HeaderValue = HeaderValue::from_static(
    "Authorization, Content-Type, Idempotency-Key, Range, X-API-Key, X-Request-Id, traceparent",
);
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "Content-Disposition, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id",
);
const MAX_AGE_S: HeaderValue = HeaderValue::from_static("600");

/// The origin to name in the answer, when the request has one that is allowed.
pub(crate) fn allowed_origin(headers: &HeaderMap, origins: &[HeaderValue]) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    origins
        .iter()
        .find(|allowed| *allowed == origin || *allowed == "*")
        .cloned()
}

pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

pub(crate) fn preflight() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE_S);
    response
}

/// Tells the browser that the origin may read this answer, and caches that the answer depends on it.
pub(crate) fn write(headers: &mut HeaderMap, origin: Option<HeaderValue>) {
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}
