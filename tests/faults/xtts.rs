//! The engine `xtts` in a whole system, on a small untrained model: it speaks noise, but by all the rules. Its process is killed
//! while it speaks.

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

/// A directory with the model, imported as a user imports one.
fn import() -> Result<TempDir> {
    let directory = tempfile::tempdir()?;
    let fixtures = process::repository().join("worker/xtts/tests");
    let published = directory.path().join("published");
    fs::create_dir(&published)?;
    for name in ["config.json", "vocab.json", "model.safetensors"] {
        fs::copy(fixtures.join("golden").join(name), published.join(name))?;
    }
    fs::copy(
        process::repository().join("worker/checkpoint/tests/checkpoints/speakers.pth"),
        published.join("speakers_xtts.pth"),
    )?;
    let imported = Command::new(binary())
        .args(["models", "import", "--accept-licence", "--models-dir"])
        .args([directory.path(), &published])
        .output()?;
    let said = String::from_utf8_lossy(&imported.stderr);
    ensure!(imported.status.success(), "{said}");
    Ok(directory)
}

async fn start(models: &Path) -> Result<System> {
    let models = models.to_str().context("no UTF-8 in the path")?;
    let options = Options::default()
        .with("--models-dir", models)
        .with("--xtts-device", "cpu")
        .with("--xtts-precision", "f32");
    System::start(options).await
}

/// The processes of the engine, which are children of the workers.
fn engines(system: &System) -> Result<Vec<u32>> {
    let mut engines = Vec::new();
    for worker in system.worker_pids()? {
        engines.extend(process::children(worker, "engine-xtts")?);
    }
    Ok(engines)
}

fn speech(voice: &str) -> Value {
    json!({"text": TEXT, "voice_id": voice, "language": "en", "tts_engine": "xtts"})
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
        let mut named = models.filter(|model| model["id"] == "xtts");
        Ok(named.next().map(|_| ()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn xtts_speaks_clones_mixes_and_survives_its_process() -> Result<()> {
    let models = import()?;
    let system = start(models.path()).await?;
    let client = system.client();
    wait_for_engine(&client).await?;
    let voice = a_job_is_spoken(&client).await?;
    a_listener_hears_it(&client, &voice).await?;
    let cloned = a_recording_becomes_a_voice(&client).await?;
    voices_are_mixed(&client, &cloned, &voice).await?;
    its_process_is_killed(&system).await
}

/// In the engine's own voice, whose id it gives.
async fn a_job_is_spoken(client: &Client) -> Result<String> {
    let job = completed(
        client,
        &post(client, "/api/v1/speech", &speech("default")).await?,
    )
    .await?;
    assert_eq!(job["result"]["engine"], "xtts", "{job}");
    let job_id = job["job_id"].as_str().context("no job_id")?;
    let heard = client.get(&format!("/api/v1/jobs/{job_id}/audio")).await?;
    let probe = audio::probe(&heard.expect(200)?.body)?;
    assert!(probe.seconds > 0.2, "{} s", probe.seconds);
    let voice = job["result"]["voice_id"].as_str();
    Ok(voice.context("no voice_id")?.to_owned())
}

async fn a_listener_hears_it(client: &Client, voice: &str) -> Result<()> {
    let body = json!({"model": "xtts", "input": TEXT, "voice": voice, "response_format": "wav", "language": "en"});
    let answer = client.post("/v1/audio/speech", &body).await?.expect(200)?;
    assert_eq!(answer.header("kiskadee-engine"), "xtts");
    let samples = audio::decode(&answer.body, 24_000)?;
    assert!(audio::loudness(&samples) > 0.001);
    Ok(())
}

async fn a_recording_becomes_a_voice(client: &Client) -> Result<String> {
    let body = json!({"text": "We walked along the river for an hour, and then we went home.", "voice_id": "heron",
        "language": "en"});
    let said = completed(client, &post(client, "/api/v1/speech", &body).await?).await?;
    let said = said["job_id"].as_str().context("no job_id")?;
    let recording = client.get(&format!("/api/v1/jobs/{said}/audio")).await?;
    let fields = [
        ("name", "Mine"),
        ("language", "en"),
        ("consent", "I agree that my voice is used."),
        ("tts_engine", "xtts"),
    ];
    let answer = client
        .post_file(
            "/clone-voice",
            &fields,
            "me.wav",
            recording.expect(200)?.body,
        )
        .await?
        .expect(202)?
        .json()?;
    completed(client, &answer).await?;
    let voice = answer["voice_id"].as_str().context("no voice_id")?;
    let job = completed(
        client,
        &post(client, "/api/v1/speech", &speech(voice)).await?,
    )
    .await?;
    assert_eq!(
        (&job["result"]["engine"], &job["result"]["voice_id"]),
        (&json!("xtts"), &json!(voice))
    );
    Ok(voice.to_owned())
}

async fn voices_are_mixed(client: &Client, cloned: &str, built_in: &str) -> Result<()> {
    let body =
        json!({"voice_ids": [cloned, built_in], "weights": [1, 2], "text": TEXT, "language": "en"});
    let answer = post(client, "/api/v1/advanced/voice-morphing", &body).await?;
    let job = completed(client, &answer).await?;
    assert_eq!(job["result"]["engine"], "xtts", "{job}");
    Ok(())
}

async fn its_process_is_killed(system: &System) -> Result<()> {
    let client = system.client();
    let texts: Vec<String> = (1..=20)
        .map(|number| format!("This is text {number}."))
        .collect();
    let body =
        json!({"texts": texts, "voice_id": "default", "language": "en", "tts_engine": "xtts"});
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
    let after = engines(system)?;
    assert!(after.len() == 1 && after != before, "{after:?}");
    assert_eq!(system.worker_pids()?.len(), 1);
    eventually("the count of restarts", Duration::from_secs(30), || async {
        let metrics = client.get("/metrics").await?.expect(200)?.text();
        let counted = metrics.contains("tts_engine_restarts_total{engine=\"xtts\"} 1");
        Ok(counted.then_some(()))
    })
    .await
}
