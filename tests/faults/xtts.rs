//! The engine `xtts` in a whole system, on a small untrained model: it speaks noise, but by all the rules. Its process is killed
//! while it speaks.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use kiskadee_tests::{Client, Options, System, audio, binary, process};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::engine_process::{check_restart, completed, kill_at_work, post, wait_for_engine};

const PROCESS: &str = "engine-xtts";
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

fn speech(voice: &str) -> Value {
    json!({"text": TEXT, "voice_id": voice, "language": "en", "tts_engine": "xtts"})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn xtts_speaks_clones_mixes_and_survives_its_process() -> Result<()> {
    let models = import()?;
    let system = start(models.path()).await?;
    let client = system.client();
    wait_for_engine(&client, "xtts").await?;
    let voice = a_job_is_spoken(&client).await?;
    a_listener_hears_it(&client, &voice).await?;
    let cloned = a_recording_becomes_a_voice(&client).await?;
    voices_are_mixed(&client, &cloned, &voice).await?;
    let killed = kill_at_work(&system, "xtts", PROCESS).await?;
    check_restart(&system, "xtts", PROCESS, killed).await
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
