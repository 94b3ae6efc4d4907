//! The headers that protect a browser which shows an answer. A route that serves pages sets its own policy first.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

const DEFAULTS: [(HeaderName, HeaderValue); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    // Answers belong to one caller and to one moment.
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000; includeSubDomains");

pub(crate) fn write(headers: &mut HeaderMap, hsts: bool) {
    for (name, value) in DEFAULTS {
        headers.entry(name).or_insert(value);
    }
    if hsts {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
}
