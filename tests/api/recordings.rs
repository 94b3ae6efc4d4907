//! Recordings as browsers, films and mistakes bring them.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, ensure};
use kiskadee_tests::Client;
use serde_json::{Value, json};

use crate::jobs::{finished, submit};
use crate::shared_system::new_user;

const CASES: &str = include_str!("../cases/recordings.tsv");
/// About 18 s.
const SPEECH: &str = "We walked along the river for an hour, and then we went home again to make some tea. The kettle was old and slow, \
    so we talked about the winter, the garden, and the birds that come to eat the seeds. After that nobody said anything for a while, \
    and the rain began to fall on the roof.";

/// Writes `base.wav`.
async fn speak(client: &Client, folder: &Path) -> Result<()> {
    let job_id = submit(
        client,
        json!({"text": SPEECH, "voice_id": "heron", "language": "en"}),
    )
    .await?;
    finished(client, &job_id).await?;
    let audio = client.get(&format!("/api/v1/jobs/{job_id}/audio")).await?;
    std::fs::write(folder.join("base.wav"), audio.expect(200)?.body)?;
    Ok(())
}

fn make(folder: &Path, command: &str) -> Result<()> {
    let mut words = command
        .split_whitespace()
        .map(|word| word.trim_matches('"'));
    let program = words.next().context("no program")?;
    let made = Command::new(program)
        .args(["-loglevel", "error", "-y"])
        .args(words)
        .current_dir(folder)
        .output()?;
    ensure!(
        made.status.success(),
        "{command}: {}",
        String::from_utf8_lossy(&made.stderr)
    );
    Ok(())
}

async fn cloned(client: &Client, name: &str, content: Vec<u8>) -> Result<Value> {
    let fields = [("name", name), ("language", "en"), ("consent", "I agree.")];
    let answer = client
        .post_file("/clone-voice", &fields, name, content)
        .await?
        .expect(202)?
        .json()?;
    finished(client, answer["job_id"].as_str().context("no job_id")?).await
}

#[tokio::test]
async fn recordings_are_taken_or_refused_as_the_cases_say() -> Result<()> {
    let (user, ..) = new_user().await?;
    let folder = tempfile::tempdir()?;
    speak(&user, folder.path()).await?;
    for case in CASES.lines().filter(|line| !line.starts_with("# ")) {
        let columns: Vec<&str> = case.split('\t').collect();
        let [name, _, expected, how] = columns[..] else {
            anyhow::bail!("not a case: {case}");
        };
        let how = if how == "any picture" {
            "ffmpeg -f lavfi -i testsrc=duration=1:size=64x64:rate=1 -frames:v 1 picture.png"
        } else {
            how
        };
        make(folder.path(), how)?;
        let job = cloned(&user, name, std::fs::read(folder.path().join(name))?).await?;
        if expected == "a voice" {
            assert_eq!(job["status"], "completed", "{name}: {job}");
            continue;
        }
        assert_eq!(job["status"], "failed", "{name}: {job}");
        let error = job["error"].to_string();
        assert!(
            error.contains("a picture (PNG)") && error.contains("send wav"),
            "{error}"
        );
        for word in ["ffmpeg", "/", "Invalid", "pipe:"] {
            assert!(!error.contains(word), "{error}");
        }
    }
    Ok(())
}
