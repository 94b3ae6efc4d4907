//! Where the log goes: JSON lines to a file of the state directory or to standard error, and traces to a collector where
//! `OTEL_EXPORTER_OTLP_ENDPOINT` names one.

use anyhow::Result;
use kiskadee_edge_host::traces::{self, Traces};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry};

use crate::logs::LogFile;

/// Keep it until the process ends: what is not sent by then is sent when it is dropped.
pub(crate) struct Telemetry(Option<Traces>);

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(traces) = self.0.take() {
            traces.shutdown();
        }
    }
}

pub(crate) fn to_file(service: &'static str, file: LogFile) -> Result<Telemetry> {
    begin(service, file)
}

pub(crate) fn to_standard_error(service: &'static str) -> Result<Telemetry> {
    begin(service, std::io::stderr)
}

/// Within the runtime, for the collector is called from it.
fn begin<W>(service: &'static str, writer: W) -> Result<Telemetry>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // `RUST_LOG=debug` and the like.
    let filter = EnvFilter::builder()
        .with_default_directive(tracing::Level::INFO.into())
        .from_env_lossy();
    let (layer, traces) = traces::layer::<Registry>(service)?.unzip();
    // What is logged and what is traced are two questions: a quiet log shall not end the traces.
    let layer = layer.map(|layer| layer.with_filter(LevelFilter::INFO));
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_writer(writer)
        .with_filter(filter);
    tracing_subscriber::registry()
        .with(layer)
        .with(lines)
        .init();
    Ok(Telemetry(traces))
}
