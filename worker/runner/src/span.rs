//! The span of an attempt: its fields are on every log line from the claim to the upload, and it joins the trace of the
//! request that made the job.

use kiskadee_queue::Claimed;
use kiskadee_shared::{
    origin::{Origin, owner_hash},
    trace::TraceParent,
};
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use tracing::{Span, field::Empty, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

pub(crate) fn attempt_span(job: &Claimed) -> Span {
    let span = info_span!(
        "job",
        job_id = %job.job_id.simple(),
        attempt = job.attempt,
        kind = %job.kind,
        owner_hash = owner_hash(job.owner),
        waited_ms = job.waited().as_millis() as u64,
        batch_id = Empty,
        request_id = Empty,
        trace_id = Empty,
    );
    if let Some(batch) = job.batch_id {
        span.record("batch_id", tracing::field::display(batch.simple()));
    }
    let origin = job.trace.as_deref().and_then(|text| text.parse().ok());
    if let Some(Origin { trace, request_id }) = origin {
        span.record("request_id", request_id);
        join(&span, trace);
    }
    span
}

fn join(span: &Span, parent: TraceParent) {
    span.record("trace_id", format!("{:032x}", parent.trace_id()));
    let flags = if parent.is_sampled() {
        TraceFlags::SAMPLED
    } else {
        TraceFlags::default()
    };
    let context = SpanContext::new(
        TraceId::from_bytes(parent.trace_id().to_be_bytes()),
        SpanId::from_bytes(parent.parent_id().to_be_bytes()),
        flags,
        true,
        TraceState::default(),
    );
    // Fails where no traces are exported, which is not a failure.
    let _ = span.set_parent(opentelemetry::Context::new().with_remote_span_context(context));
}
