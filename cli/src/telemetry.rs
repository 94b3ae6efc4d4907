//! Where the log goes: JSON lines to a file of the state directory or to standard error, and traces to a collector where
//! `OTEL_EXPORTER_OTLP_ENDPOINT` names one. `RUST_LOG` chooses the lines; traces have a level of their own.

use anyhow::Result;
use kiskadee_edge_host::traces::{self, Traces};
use tracing::Subscriber;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry};

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

/// Lines for a parent that writes them into its own log: no time, no colours.
pub(crate) fn plain_to_standard_error() {
    tracing_subscriber::fmt()
        .with_env_filter(line_filter())
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .without_time()
        .init();
}

/// `RUST_LOG=debug` and the like.
fn line_filter() -> EnvFilter {
    EnvFilter::builder()
        .with_default_directive(tracing::Level::INFO.into())
        .from_env_lossy()
}

/// Within the runtime, for the collector is called from it.
fn begin<W>(service: &'static str, writer: W) -> Result<Telemetry>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let (layer, traces) = traces::layer::<Registry>(service)?.unzip();
    subscriber(layer, line_filter(), writer).init();
    Ok(Telemetry(traces))
}

/// The filter is the lines' alone: a quiet log must not make a trace end at this process.
fn subscriber<W>(
    traces: Option<impl Layer<Registry> + Send + Sync>,
    filter: EnvFilter,
    writer: W,
) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_writer(writer)
        .with_filter(filter);
    tracing_subscriber::registry().with(traces).with(lines)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tracing::span::{Attributes, Id};
    use tracing_subscriber::filter::LevelFilter;
    use tracing_subscriber::layer::Context;

    use super::*;
    use crate::logs::LogFile;

    /// Counts the spans that it is told of.
    struct Counter(Arc<AtomicUsize>);

    impl Layer<Registry> for Counter {
        fn on_new_span(&self, _: &Attributes<'_>, _: &Id, _: Context<'_, Registry>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The spans that were exported and the lines that were written of one span with one line in it.
    fn exported_and_written(filter: &str) -> (usize, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.jsonl");
        let spans = Arc::new(AtomicUsize::new(0));
        let traces = Counter(Arc::clone(&spans)).with_filter(LevelFilter::INFO);
        let log = LogFile::open(&path).unwrap();
        let subscriber = subscriber(Some(traces), EnvFilter::new(filter), log);
        tracing::subscriber::with_default(subscriber, || {
            let _entered = tracing::info_span!("request").entered();
            tracing::info!("a line");
            tracing::trace_span!("detail").in_scope(|| {});
        });
        let lines = std::fs::read_to_string(&path).unwrap();
        (spans.load(Ordering::Relaxed), lines)
    }

    #[test]
    fn a_quiet_log_still_exports_traces() {
        let (spans, lines) = exported_and_written("off");
        assert_eq!((spans, lines.as_str()), (1, ""));
    }

    #[test]
    fn a_talkative_log_exports_no_more() {
        let (spans, lines) = exported_and_written("trace");
        assert_eq!(spans, 1);
        assert!(lines.contains("a line"), "{lines}");
    }
}
