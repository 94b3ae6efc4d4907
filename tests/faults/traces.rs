//! One request through all parts: what an operator sees of it in a collector of traces, in the logs, and what the receiver of the webhook
//! is told.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use kiskadee_tests::{Collector, Options, Receiver, Span, System, eventually};
use reqwest::Method;
use serde_json::{Value, json};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";
const REQUEST_ID: &str = "order-7.first";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_followed_from_the_proxy_to_the_webhook() -> Result<()> {
    let (collector, receiver) = (
        Collector::start().await?,
        Receiver::start("127.0.0.1:0").await?,
    );
    let options = Options::default()
        .env(
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            format!("http://{}", collector.address),
        )
        .env("OTEL_BSP_SCHEDULE_DELAY", "200");
    let system = System::start(options).await?;
    let client = system.client();
    let body = json!({"text": "Follow me.", "voice_id": "default", "language": "en", "webhook_url": receiver.url()});
    let request = client
        .request(Method::POST, "/api/v1/speech")
        .header("traceparent", format!("00-{TRACE}-{CALLER}-01"))
        .header("x-request-id", REQUEST_ID)
        .json(&body);
    let answer = client.send(request).await?.expect(202)?;
    assert_eq!(answer.header("x-request-id"), REQUEST_ID);
    let message = eventually("the webhook", Duration::from_mins(1), || async {
        Ok(receiver.received().pop())
    })
    .await?;
    let parts = ["request", "job", "upload", "webhook"];
    let spans = eventually("all spans", Duration::from_mins(1), || async {
        let spans = collector.spans(TRACE);
        Ok(parts
            .iter()
            .all(|part| named(&spans, part).is_ok())
            .then_some(spans))
    })
    .await?;
    check_tree(&spans)?;

    let told = |name| {
        message
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let webhook = &named(&spans, "webhook")?.span_id;
    let expected = format!("00-{TRACE}-{webhook}-01");
    assert_eq!(told("traceparent"), Some(expected.as_str()));
    assert_eq!(told("x-request-id"), Some(REQUEST_ID));
    drop(client);
    check_logs(&system)
}

fn named<'a>(spans: &'a [Span], name: &str) -> Result<&'a Span> {
    let mut spans = spans.iter();
    spans
        .find(|span| span.name == name)
        .with_context(|| format!("no span {name}"))
}

/// request ─ job ─ upload, and request ─ webhook: a webhook tells of the end of the work, which may be long after the job.
fn check_tree(spans: &[Span]) -> Result<()> {
    let tree = [
        ("request", "kiskadee-edge", CALLER),
        ("job", "kiskadee-worker", &named(spans, "request")?.span_id),
        ("upload", "kiskadee-worker", &named(spans, "job")?.span_id),
        (
            "webhook",
            "kiskadee-worker",
            &named(spans, "request")?.span_id,
        ),
    ];
    for (name, service, parent) in tree {
        let span = named(spans, name)?;
        ensure!(span.service == service, "{span:?} in {service}");
        ensure!(span.parent_id == parent, "{span:?} below {parent}");
    }
    let of = |name, attribute| -> Result<Option<&String>> {
        Ok(named(spans, name)?.attributes.get(attribute))
    };
    assert_eq!(
        of("request", "http.response.status_code")?,
        Some(&"202".to_owned())
    );
    for name in ["request", "job", "webhook"] {
        assert_eq!(
            of(name, "request_id")?,
            Some(&REQUEST_ID.to_owned()),
            "{name}"
        );
    }
    Ok(())
}

/// Every part says of its lines to which request they belong.
fn check_logs(system: &System) -> Result<()> {
    let lines = |file: &str| -> Result<Vec<Value>> {
        let text = fs::read_to_string(system.state_dir().join("logs").join(file))?;
        let lines = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        let of_request = lines.filter(|line: &Value| line["request_id"] == REQUEST_ID);
        Ok(of_request.collect())
    };
    let said = |lines: &[Value], message: &str| -> Result<Value> {
        let line = lines.iter().find(|line| line["msg"] == message);
        line.cloned()
            .with_context(|| format!("no line `{message}` in {lines:?}"))
    };
    let (edge, worker) = (lines("edge.jsonl")?, lines("worker-1.jsonl")?);
    said(&edge, "answered")?;
    let settled = said(&worker, "settled")?;
    for field in ["ts", "level", "target", "job_id", "owner_hash", "version"] {
        ensure!(settled[field].is_string(), "{field} in {settled}");
    }
    said(&worker, "webhook attempt made")?;
    for line in edge.iter().chain(&worker) {
        ensure!(line["trace_id"] == TRACE, "{line}");
    }
    Ok(())
}
