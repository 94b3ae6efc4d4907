//! The engine `piper` in a whole system, on a small untrained voice with three speakers: it speaks noise, but by all the rules. Its
//! process, which it shares with `kokoro`, is killed while it speaks.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use kiskadee_tests::{Client, Options, System, audio, binary, eventually, process};
use serde_json::json;
use tempfile::TempDir;

use crate::engine_process::{
    check_restart, completed, kill_at_work, post, processes, wait_for_engine,
};

const PROCESS: &str = "engine-openvoices";
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn piper_speaks_mixes_and_survives_its_process() -> Result<()> {
    let models = import()?;
    let system = start(models.path()).await?;
    let client = system.client();
    wait_for_engine(&client, "piper").await?;
    a_job_is_spoken(&client).await?;
    a_listener_hears_it(&client).await?;
    speakers_are_mixed(&client).await?;
    let killed = kill_at_work(&system, "piper", PROCESS).await?;
    // It may have been killed at the last text, after which nobody waits for another.
    eventually("the process", Duration::from_mins(1), || async {
        let after = processes(&system, PROCESS)?;
        Ok((after.len() == 1 && after != [killed]).then_some(()))
    })
    .await?;
    check_restart(&system, "piper", PROCESS, killed).await
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
