//! Export of traces to an OpenTelemetry collector, by OTLP over HTTP.
//!
//! The process decides how it logs; this gives it a layer to add when `OTEL_EXPORTER_OTLP_ENDPOINT` is set.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use bytes::Bytes;
use http::StatusCode;
use http_body_util::BodyExt as _;
use kiskadee_shared::trace::TraceParent;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState, TracerProvider as _,
};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig as _};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tokio::runtime::Handle;
use tracing::{Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::{Layer, filter::LevelFilter, registry::LookupSpan};
use wasmtime_wasi_http::{RequestOptions, default_send_request};

use crate::{body::whole, error::HostError};

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// The collector's answer is awaited this long.
const PATIENCE: Duration = Duration::from_secs(10);

static EXPORTED: AtomicBool = AtomicBool::new(false);

/// Keeps the export going. `shutdown` sends what is left.
pub struct Traces(SdkTracerProvider);

/// A layer that exports every span of level `info` and above.
pub type TraceLayer<S> = Box<dyn Layer<S> + Send + Sync>;

/// The layer for a subscriber, where a collector is configured. Must be called within the runtime.
pub fn layer<S>(service: &'static str) -> Result<Option<(TraceLayer<S>, Traces)>, HostError>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    if std::env::var_os(ENDPOINT).is_none_or(|endpoint| endpoint.is_empty()) {
        return Ok(None);
    }
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Sender(Handle::current()))
        .build()
        .map_err(|error| HostError::Traces(error.to_string()))?;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(Resource::builder().with_service_name(service).build())
        .build();
    let tracer = provider.tracer(service);
    EXPORTED.store(true, Ordering::Relaxed);
    let layer = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_filter(LevelFilter::INFO);
    Ok(Some((Box::new(layer), Traces(provider))))
}

impl Traces {
    /// Sends what has not been sent. Blocks until the collector has answered, or for a few seconds.
    pub fn shutdown(self) {
        if let Err(error) = self.0.shutdown() {
            tracing::warn!(%error, "the last traces could not be exported");
        }
    }
}

/// Puts a request's span below the caller's, and names it as the parent of what the component does.
pub(crate) fn join(span: &Span, caller: Option<TraceParent>, own: TraceParent) -> TraceParent {
    if !EXPORTED.load(Ordering::Relaxed) {
        return own;
    }
    if let Some(caller) = caller {
        let context = SpanContext::new(
            TraceId::from_bytes(caller.trace_id().to_be_bytes()),
            SpanId::from_bytes(caller.parent_id().to_be_bytes()),
            if caller.is_sampled() {
                TraceFlags::SAMPLED
            } else {
                TraceFlags::default()
            },
            true,
            TraceState::default(),
        );
        let parent = opentelemetry::Context::new().with_remote_span_context(context);
        // Fails only for a span that no subscriber wants.
        let _ = span.set_parent(parent);
    }
    let context = span.context();
    let span = context.span().span_context().clone();
    if !span.is_valid() {
        return own;
    }
    TraceParent::start(
        u128::from_be_bytes(span.trace_id().to_bytes()),
        u64::from_be_bytes(span.span_id().to_bytes()),
    )
}

/// Notes how a request was answered where somebody collects it: a line of the log has the status itself.
pub(crate) fn answered(span: &Span, status: StatusCode) {
    if EXPORTED.load(Ordering::Relaxed) {
        span.record("http.response.status_code", status.as_u16());
    }
}

/// Sends batches on the runtime of the process; the exporter's own thread has none.
#[derive(Debug)]
struct Sender(Handle);

impl HttpClient for Sender {
    fn send_bytes<'a, 'b>(
        &'a self,
        request: http::Request<Bytes>,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        let sending = self.0.spawn(send(request));
        Box::pin(async move { sending.await? })
    }
}

async fn send(mut request: http::Request<Bytes>) -> Result<http::Response<Bytes>, HttpError> {
    let host = request
        .uri()
        .authority()
        .ok_or("the collector's address has no host")?
        .as_str();
    let host = http::HeaderValue::from_str(host)?;
    request.headers_mut().insert(http::header::HOST, host);
    let options = RequestOptions {
        connect_timeout: Some(PATIENCE),
        first_byte_timeout: Some(PATIENCE),
        between_bytes_timeout: Some(PATIENCE),
    };
    let (response, io) = default_send_request(request.map(whole), Some(options)).await?;
    let io = tokio::spawn(io);
    let (head, body) = response.into_parts();
    let body = body.collect().await?.to_bytes();
    io.abort();
    Ok(http::Response::from_parts(head, body))
}
