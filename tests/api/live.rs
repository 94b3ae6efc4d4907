//! Speech that is heard while it is made: the route by itself, and through clients of other makers.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use kiskadee_tests::{audio, eventually};
use reqwest::Method;
use serde_json::{Value, json};

use crate::shared_system::{admin, system};

const ROUTE: &str = "/v1/audio/speech";

/// Runs a program of `tests/clients` against the shared system, and reads what it prints.
fn client(program: &str, script: &str) -> Result<Value> {
    let shared = system();
    let key = shared.credentials["api_key"]
        .as_str()
        .context("no api_key")?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("clients")
        .join(script);
    let output = Command::new(program)
        .arg(script)
        .args([&format!("{}/v1", shared.url), key])
        .output()
        .with_context(|| format!("{program} is not on the path; run `cargo xtask test`"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).with_context(|| format!("it printed no JSON: {said}"))
}

fn check_report(report: &Value) {
    let models = report["models"].as_array();
    assert!(
        models.is_some_and(|models| models.contains(&json!("espeak"))),
        "{report}"
    );
    for format in ["mp3", "opus", "aac", "flac", "wav", "pcm"] {
        assert!(
            report["formats"][format].as_u64() > Some(2000),
            "{format}: {report}"
        );
    }
    assert!(
        report["streamed_bytes"].as_u64() > Some(500_000),
        "{report}"
    );
    assert_eq!(report["model"], "kiskadee");
    for (name, status, kind, param, code, printed) in [
        (
            "unknown_voice",
            422,
            "invalid_request_error",
            json!("voice"),
            "validation",
            "there is no voice",
        ),
        (
            "unknown_model",
            404,
            "not_found_error",
            Value::Null,
            "model_not_found",
            "there are: ",
        ),
        (
            "wrong_key",
            401,
            "authentication_error",
            Value::Null,
            "invalid_api_key",
            "neither an API key",
        ),
    ] {
        let found = &report[name];
        let parts = [
            &found["status"],
            &found["type"],
            &found["param"],
            &found["code"],
        ];
        assert_eq!(parts, [&json!(status), &json!(kind), &param, &json!(code)]);
        let shown = found["printed"].as_str().unwrap_or_default();
        assert!(shown.contains(printed), "{name}: {shown}");
    }
    let shown = report["unknown_voice"]["printed"].as_str();
    let shown = shown.unwrap_or_default();
    assert!(
        shown.contains("nobody") && shown.contains("GET /api/v1/voices"),
        "{shown}"
    );
}

#[tokio::test]
async fn the_python_client_of_openai_works_unchanged() -> Result<()> {
    let report = tokio::task::spawn_blocking(|| client("python3", "openai_client.py")).await??;
    check_report(&report);
    let events = report["events"].as_array().context("no events")?;
    let (last, deltas) = events.split_last().context("no events")?;
    assert_eq!(last, "speech.audio.done");
    assert!(!deltas.is_empty() && deltas.iter().all(|event| event == "speech.audio.delta"));
    Ok(())
}

#[tokio::test]
async fn the_javascript_client_of_openai_works_unchanged() -> Result<()> {
    let report = tokio::task::spawn_blocking(|| client("node", "openai_client.cjs")).await??;
    check_report(&report);
    Ok(())
}

#[tokio::test]
async fn the_audio_is_speech_and_says_who_spoke() -> Result<()> {
    let body = json!({"model": "tts-1", "input": "One two three.", "voice": "default", "response_format": "wav",
        "language": "en"});
    let answer = admin().post(ROUTE, &body).await?.expect(200)?;
    assert_eq!(answer.header("content-type"), "audio/wav");
    assert_eq!(answer.header("kiskadee-engine"), "kiskadee");
    assert_ne!(answer.header("kiskadee-voice"), "");
    let samples = audio::decode(&answer.body, 16_000)?;
    assert!(audio::loudness(&samples) > 0.01);
    assert!(samples.len() > 16_000 / 2);
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_is_named_in_the_words_of_the_body() -> Result<()> {
    let body =
        json!({"model": "no-engine", "input": "", "voice": "no-voice", "response_format": "ogg"});
    let problem = admin().post(ROUTE, &body).await?.problem(422)?;
    let errors = problem["errors"].as_array().context("no errors")?;
    let fields: Vec<_> = errors
        .iter()
        .filter_map(|error| error["field"].as_str())
        .collect();
    for field in ["input", "response_format", "voice", "model"] {
        assert!(fields.contains(&field), "{field}: {problem}");
    }
    Ok(())
}

/// The text takes far longer to speak than the test waits for the job to end.
#[tokio::test]
async fn a_caller_that_goes_away_ends_the_work() -> Result<()> {
    let body = json!({"model": "espeak", "input": "This goes on and on. ".repeat(190), "voice": "default",
        "response_format": "wav", "language": "en", "speed": 0.25});
    let request = admin().request(Method::POST, ROUTE).json(&body);
    let mut answer = request.send().await?;
    ensure!(answer.chunk().await?.is_some(), "nothing was heard");
    drop(answer);
    eventually("the end of the work", Duration::from_secs(30), || async {
        let jobs = admin()
            .get("/api/v1/jobs?limit=100")
            .await?
            .expect(200)?
            .json()?;
        let of_streams = |job: &&Value| job["kind"] == "stream" && job["status"] == "cancelled";
        Ok(jobs["items"]
            .as_array()
            .context("no items")?
            .iter()
            .find(of_streams)
            .map(drop))
    })
    .await
}
