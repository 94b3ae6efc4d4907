//! What the process says: lines to standard error or to a file of the state directory, traces to a collector where
//! `OTEL_EXPORTER_OTLP_ENDPOINT` names one, errors to Sentry where `SENTRY_DSN` does. `RUST_LOG` chooses the lines, and errors are lines;
//! traces have a level of their own.

mod errors;
mod fields;
mod lines;
mod options;
mod render;
mod sampling;

use anyhow::Result;
use kiskadee_edge_host::traces::{self, Traces};
use tracing::Subscriber;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use crate::logs::LogFile;
use errors::Errors;
use lines::Lines;
use options::Format;
pub(crate) use options::LogArgs;
use render::Render;
use sampling::Sampling;

/// Keep it until the process ends: what is not sent by then is sent when it is dropped.
pub(crate) struct Telemetry {
    traces: Option<Traces>,
    errors: Option<Errors>,
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(traces) = self.traces.take() {
            traces.shutdown();
        }
        if let Some(errors) = self.errors.take() {
            errors.close();
        }
    }
}

/// Always JSON.
pub(crate) fn to_file(service: &'static str, file: LogFile) -> Result<Telemetry> {
    begin(service, Format::Json, file)
}

pub(crate) fn to_standard_error(service: &'static str) -> Result<Telemetry> {
    let format = LogArgs::chosen().on_standard_error();
    begin(service, format, std::io::stderr)
}

/// For commands that end soon and say on standard output what they do: warnings alone, unless `RUST_LOG` wants more.
pub(crate) fn of_a_command() {
    let filter = EnvFilter::try_from_default_env();
    let filter = filter.unwrap_or_else(|_| EnvFilter::new("warn,sqlx=off"));
    let lines = Lines {
        render: Render {
            format: LogArgs::chosen().on_standard_error(),
            service: "kiskadee",
        },
        sampling: Sampling::new(1.0),
        errors: None,
        writer: std::io::stderr,
    };
    // Whoever has said before where lines go is right.
    let _ = tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .try_init();
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
fn begin<W>(service: &'static str, format: Format, writer: W) -> Result<Telemetry>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let (layer, traces) = traces::layer::<Registry>(service)?.unzip();
    let errors = Errors::from_environment(service)?;
    let lines = Lines {
        render: Render { format, service },
        sampling: Sampling::new(LogArgs::chosen().share()),
        errors: errors.clone(),
        writer,
    };
    subscriber(layer, line_filter(), lines).init();
    Ok(Telemetry { traces, errors })
}

/// The filter is the lines' alone: a quiet log must not make a trace end at this process.
fn subscriber<W>(
    traces: Option<impl Layer<Registry> + Send + Sync>,
    filter: EnvFilter,
    lines: Lines<W>,
) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::registry()
        .with(traces)
        .with(lines.with_filter(filter))
}

#[cfg(test)]
mod tests;
