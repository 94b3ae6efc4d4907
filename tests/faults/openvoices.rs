//! The engine `piper` in a whole system, on a small untrained voice with three speakers: it speaks noise, but by all the rules. Its
//! process, which it shares with `kokoro`, is killed while it speaks.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use kiskadee_tests::{Client, Options, System, audio, binary, eventually, process};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::crashes::finished;

const TEXT: &str = "It rains again.";
const VOICE: &str = "piper-en_us-three-low";

/// A directory with the voice, imported as a user imports one.
fn import() -> Result<TempDir> {
    let directory = tempfile::tempdir()?;
    let golden = process::repository().join("worker/piper/tests/golden/speakers");
    let published = directory.path().join("published");
    fs::create_dir(&published)?;
    let voice = published.join("en_US-three-low.onnx");
    fs::copy(golden.join("voice.onnx"), &voice)?;
    fs::copy(
        golden.join("voice.onnx.json"),
        published.join("en_US-three-low.onnx.json"),
    )?;
    let imported = Command::new(binary())
        .args(["models", "import", "--licence", "CC0-1.0", "--models-dir"])
        .args([directory.path(), &voice])
        .output()?;
    let said = String::from_utf8_lossy(&imported.stderr);
    ensure!(imported.status.success(), "{said}");
    Ok(directory)
}

async fn start(models: &Path) -> Result<System> {
    let models = models.to_str().context("no UTF-8 in the path")?;
    System::start(Options::default().with("--models-dir", models)).await
}

/// The processes of the engine, which are children of the workers.
fn engines(system: &System) -> Result<Vec<u32>> {
    let mut engines = Vec::new();
    for worker in system.worker_pids()? {
        engines.extend(process::children(worker, "engine-openvoices")?);
    }
    Ok(engines)
}

async fn completed(client: &Client, answer: &Value) -> Result<Value> {
    let job_id = answer["job_id"].as_str().context("no job_id")?;
    let job = eventually("the job to end", Duration::from_mins(2), || async {
        let job = client.get(&format!("/api/v1/jobs/{job_id}")).await?;
        let job = job.expect(200)?.json()?;
        let over = ["completed", "failed", "cancelled"]
            .contains(&job["status"].as_str().unwrap_or_default());
        Ok(over.then_some(job))
    });
    let job = job.await?;
    ensure!(job["status"] == "completed", "{job}");
    Ok(job)
}

async fn post(client: &Client, path: &str, body: &Value) -> Result<Value> {
    client.post(path, body).await?.expect(202)?.json()
}

/// Announced a moment after the worker has registered.
async fn wait_for_engine(client: &Client) -> Result<()> {
    eventually("the engine", Duration::from_mins(1), || async {
        let models = client.get("/v1/models").await?.expect(200)?.json()?;
        let models = models["data"].as_array().into_iter().flatten();
        let mut named = models.filter(|model| model["id"] == "piper");
        Ok(named.next().map(|_| ()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn piper_speaks_mixes_and_survives_its_process() -> Result<()> {
    let models = import()?;
    let system = start(models.path()).await?;
    let client = system.client();
    wait_for_engine(&client).await?;
    a_job_is_spoken(&client).await?;
    a_listener_hears_it(&client).await?;
    speakers_are_mixed(&client).await?;
    its_process_is_killed(&system).await
}

async fn a_job_is_spoken(client: &Client) -> Result<()> {
    let body =
        json!({"text": TEXT, "voice_id": "default", "language": "en", "tts_engine": "piper"});
    let job = completed(client, &post(client, "/api/v1/speech", &body).await?).await?;
    assert_eq!(
        (&job["result"]["engine"], &job["result"]["voice_id"]),
        (&json!("piper"), &json!(VOICE)),
        "{job}"
    );
    let job_id = job["job_id"].as_str().context("no job_id")?;
    let heard = client.get(&format!("/api/v1/jobs/{job_id}/audio")).await?;
    let probe = audio::probe(&heard.expect(200)?.body)?;
    assert!(probe.seconds > 0.1, "{} s", probe.seconds);
    Ok(())
}

async fn a_listener_hears_it(client: &Client) -> Result<()> {
    let voice = format!("{VOICE}-speaker-1");
    let body = json!({"model": "piper", "input": TEXT, "voice": voice, "response_format": "wav", "language": "en"});
    let answer = client.post("/v1/audio/speech", &body).await?.expect(200)?;
    assert_eq!(answer.header("kiskadee-engine"), "piper");
    let samples = audio::decode(&answer.body, 22_050)?;
    assert!(audio::loudness(&samples) > 0.001);
    Ok(())
}

async fn speakers_are_mixed(client: &Client) -> Result<()> {
    let voices = [0, 2].map(|number| format!("{VOICE}-speaker-{number}"));
    let body = json!({"voice_ids": voices, "weights": [1, 2], "text": TEXT, "language": "en"});
    let answer = post(client, "/api/v1/advanced/voice-morphing", &body).await?;
    let job = completed(client, &answer).await?;
    assert_eq!(job["result"]["engine"], "piper", "{job}");
    Ok(())
}

/// Its lines are ordered once more, so no job is even tried again.
async fn its_process_is_killed(system: &System) -> Result<()> {
    let client = system.client();
    let texts: Vec<String> = (1..=20)
        .map(|number| format!("This is text {number}."))
        .collect();
    let body =
        json!({"texts": texts, "voice_id": "default", "language": "en", "tts_engine": "piper"});
    let batch = post(&client, "/api/v1/advanced/batch-tts", &body).await?;
    let batch = batch["batch_id"].as_str().context("no batch_id")?;
    eventually("the batch to begin", Duration::from_mins(1), || async {
        let status = client.batch_status(batch).await?;
        Ok((status["status"] != "queued").then_some(()))
    })
    .await?;
    let before = engines(system)?;
    ensure!(before.len() == 1, "{before:?} are no single process");
    process::signal(before[0], "KILL")?;
    let status = finished(&client, batch).await?;
    assert_eq!(
        (&status["status"], &status["completed"]),
        (&json!("completed"), &json!(20)),
        "{status}"
    );
    eventually("the process", Duration::from_mins(1), || async {
        let after = engines(system)?;
        Ok((after.len() == 1 && after != before).then_some(()))
    })
    .await
}
