//! The span of an attempt: its fields are on every log line from the claim to the upload, and it joins the trace of the
//! request that made the job.

use kiskadee_queue::Claimed;
use kiskadee_shared::trace::TraceParent;
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
        batch_id = Empty,
        trace_id = Empty,
    );
    if let Some(batch) = job.batch_id {
        span.record("batch_id", tracing::field::display(batch.simple()));
    }
    let parent = job.trace.as_deref().and_then(|trace| trace.parse().ok());
    if let Some(parent) = parent {
        join(&span, parent);
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
