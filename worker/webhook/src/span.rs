//! The span of an attempt to send a message: it joins the trace of the request that the work came from, and the receiver is told of both.

use kiskadee_shared::{id::MessageId, origin::Origin, trace::TraceParent};
use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState},
};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tracing::{Span, field::Empty, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::outbox::Claimed;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub(super) fn attempt_span(message: &Claimed) -> Span {
    let span = info_span!(
        "webhook",
        otel.kind = "client",
        message_id = %MessageId::new(message.message_id),
        attempt = message.attempt,
        request_id = Empty,
        trace_id = Empty,
    );
    if let Some(Origin { trace, request_id }) = origin(message) {
        span.record("request_id", request_id);
        span.record("trace_id", format!("{:032x}", trace.trace_id()));
        // Fails where no traces are exported, which is not a failure.
        let _ = span.set_parent(Context::new().with_remote_span_context(context(trace)));
    }
    span
}

/// What the receiver is told, within the span: the trace, with this attempt as its parent where traces are exported, and the id of the
/// request.
pub(super) fn trace_headers(message: &Claimed) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let Some(Origin { trace, request_id }) = origin(message) else {
        return headers;
    };
    let here = Span::current().context();
    let here = here.span().span_context().clone();
    let trace = if here.is_valid() {
        trace.child(u64::from_be_bytes(here.span_id().to_bytes()))
    } else {
        trace
    };
    for (name, value) in [
        (TRACEPARENT, Some(trace.to_string())),
        (REQUEST_ID, request_id),
    ] {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            headers.insert(name, value);
        }
    }
    headers
}

fn origin(message: &Claimed) -> Option<Origin> {
    message.trace.as_deref()?.parse().ok()
}

fn context(trace: TraceParent) -> SpanContext {
    let flags = if trace.is_sampled() {
        TraceFlags::SAMPLED
    } else {
        TraceFlags::default()
    };
    SpanContext::new(
        TraceId::from_bytes(trace.trace_id().to_be_bytes()),
        SpanId::from_bytes(trace.parent_id().to_be_bytes()),
        flags,
        true,
        TraceState::default(),
    )
}
