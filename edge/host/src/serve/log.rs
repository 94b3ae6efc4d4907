//! What is told of a request.

use std::time::Duration;

use http::{Method, StatusCode};

use crate::{context::Identity, telemetry::traces};

pub(super) fn span(method: &Method, path: &str, identity: &Identity) -> tracing::Span {
    tracing::info_span!(
        "request",
        otel.kind = "server",
        otel.name = tracing::field::Empty,
        http.request.method = %method,
        url.path = path,
        request_id = identity.request_id(),
        trace_id = %format_args!("{:032x}", identity.trace.trace_id()),
        http.response.status_code = tracing::field::Empty,
    )
}

pub(super) fn answered(span: &tracing::Span, status: StatusCode, route: &str, took: Duration) {
    traces::answered(span, status);
    let ms = (took.as_secs_f64() * 1e5).round() / 1e2;
    if status.is_server_error() {
        tracing::warn!(status = status.as_u16(), route, ms, "answered");
    } else {
        tracing::info!(status = status.as_u16(), route, ms, "answered");
    }
}
