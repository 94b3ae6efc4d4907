//! What is written of spans and events, and of which requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
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

/// The spans that were exported and the lines that were written of what `happens`.
fn written(
    filter: &str,
    (format, share): (Format, f64),
    happens: impl FnOnce(),
) -> (usize, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    let spans = Arc::new(AtomicUsize::new(0));
    let traces = Counter(Arc::clone(&spans)).with_filter(LevelFilter::INFO);
    let lines = Lines {
        render: Render {
            format,
            service: "kiskadee-test",
        },
        sampling: Sampling::new(share),
        errors: None,
        writer: LogFile::open(&path).unwrap(),
    };
    let subscriber = subscriber(Some(traces), EnvFilter::new(filter), lines);
    tracing::subscriber::with_default(subscriber, happens);
    let lines = std::fs::read_to_string(&path).unwrap();
    (spans.load(Ordering::Relaxed), lines)
}

fn exported_and_written(filter: &str) -> (usize, String) {
    written(filter, (Format::Json, 1.0), || {
        let _entered = tracing::info_span!("request").entered();
        tracing::info!("a line");
        tracing::trace_span!("detail").in_scope(|| {});
    })
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

fn a_job() {
    let job = tracing::info_span!(
        "job",
        otel.kind = "consumer",
        job_id = "0a1b",
        trace_id = tracing::field::Empty
    );
    job.record("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736");
    let _entered = job.entered();
    tracing::info!(target: "here", level = 3, words = "a \"b\"\nc", "claimed");
}

#[test]
fn a_line_is_json_with_the_ids_of_its_span() {
    let (_, lines) = written("info", (Format::Json, 1.0), a_job);
    assert_eq!(lines.lines().count(), 1, "{lines}");
    let line: Value = serde_json::from_str(&lines).unwrap();
    let expected = [
        ("level", "INFO"),
        ("target", "here"),
        ("msg", "claimed"),
        ("job_id", "0a1b"),
        ("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"),
        ("words", "a \"b\"\nc"),
        ("service", "kiskadee-test"),
        ("version", env!("CARGO_PKG_VERSION")),
    ];
    for (name, value) in expected {
        assert_eq!(line[name], value, "{lines}");
    }
    assert_eq!(line["ts"].as_str().unwrap().len(), 27, "{lines}");
    assert_eq!(line["of"], 3, "a field never hides one of the line's own");
    assert_eq!(line.get("otel.kind"), None);
    assert!(lines.starts_with("{\"ts\":"), "{lines}");
}

#[test]
fn people_get_a_line_of_text() {
    let (_, lines) = written("info", (Format::Text, 1.0), a_job);
    let (time, rest) = lines.split_once(' ').unwrap();
    assert!(time.ends_with('Z'), "{time}");
    assert_eq!(
        rest,
        " INFO here: claimed trace_id=4bf92f3577b34da6a3ce929d0e0e4736 job_id=0a1b level=3 \
         words=\"a \\\"b\\\"\\nc\"\n"
    );
}

/// The last 56 bits of the first are 0, so it is in every sample; those of the second are in none but all.
const TAKEN: &str = "4bf92f3577b34da6a300000000000000";
const LEFT_OUT: &str = "4bf92f3577b34da6a3ffffffffffffff";

fn requests_and_their_lines(answer: impl Fn()) -> Vec<String> {
    let (_, lines) = written("info", (Format::Json, 0.1), || {
        for trace_id in [TAKEN, LEFT_OUT] {
            let _entered = tracing::info_span!("request", trace_id).entered();
            tracing::info!("a first line");
            tracing::info_span!("upload").in_scope(|| tracing::info!("a line within"));
            answer();
        }
    });
    let lines = lines.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["trace_id"].as_str().unwrap().len(), 32);
        let taken = if line["trace_id"] == TAKEN {
            "taken"
        } else {
            "left out"
        };
        format!("{taken}: {}", line["msg"].as_str().unwrap())
    });
    lines.collect()
}

#[test]
fn a_request_is_in_the_sample_whole_or_not_at_all() {
    let lines = requests_and_their_lines(|| tracing::info!(ms = 3.5, "answered"));
    assert_eq!(
        lines,
        [
            "taken: a first line",
            "taken: a line within",
            "taken: answered"
        ]
    );
}

#[test]
fn what_fails_or_takes_long_is_written_whole() {
    let failing: [fn(); 4] = [
        || tracing::info!(ms = 1000.0, "answered"),
        || tracing::warn!("answered"),
        || tracing::error!("answered"),
        || tracing::info!(elapsed_ms = 60_000_u64, "answered"),
    ];
    for answer in failing {
        let lines = requests_and_their_lines(answer);
        assert_eq!(lines.len(), 6, "{lines:?}");
        assert_eq!(lines[3], "left out: a first line");
        assert_eq!(lines[5], "left out: answered");
    }
}

#[test]
fn what_belongs_to_no_request_is_written_always() {
    let (_, lines) = written("info", (Format::Json, 0.0), || {
        tracing::info!(target: "security", "security event");
        tracing::info_span!("start").in_scope(|| tracing::info!("the edge serves"));
    });
    assert_eq!(lines.lines().count(), 2, "{lines}");
}
