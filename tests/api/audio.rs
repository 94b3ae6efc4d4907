//! Every format through the whole system, decoded again.

use std::time::Duration;

use anyhow::{Context, Result};
use kiskadee_tests::{audio, eventually};
use serde_json::json;

use crate::shared_system::admin;

async fn speak(format: &str) -> Result<(String, Vec<u8>)> {
    let body = json!({"text": "The same sentence in every format.", "voice_id": "default", "language": "en",
        "response_format": format});
    let job = admin()
        .post("/api/v1/speech", &body)
        .await?
        .expect(202)?
        .json()?;
    let path = format!(
        "/api/v1/jobs/{}/audio",
        job["job_id"].as_str().context("no job_id")?
    );
    let answer = eventually("the audio", Duration::from_mins(1), || async {
        let answer = admin().get(&path).await?;
        Ok((answer.status == 200).then_some(answer))
    })
    .await?;
    Ok((answer.header("content-type").to_owned(), answer.body))
}

#[tokio::test]
async fn all_formats_hold_the_same_speech() -> Result<()> {
    let (_, wav) = speak("wav").await?;
    let expected = audio::probe(&wav)?.seconds;
    let cases = [
        ("flac", "audio/flac", "flac"),
        ("mp3", "audio/mpeg", "mp3"),
        ("opus", "audio/ogg", "opus"),
        ("aac", "audio/aac", "aac"),
    ];
    for (format, content_type, codec) in cases {
        let (told_type, bytes) = speak(format).await?;
        assert!(told_type.starts_with(content_type), "{format}: {told_type}");
        assert_eq!(audio::probe(&bytes)?.codec, codec);
        let samples = audio::decode(&bytes, 16_000)?;
        let seconds = samples.len() as f64 / 16_000.0;
        assert!(
            (seconds - expected).abs() < 0.15,
            "{format}: {seconds} s, expected {expected} s"
        );
        assert!(audio::loudness(&samples) > 0.01, "{format} is silent");
    }
    let (_, pcm) = speak("pcm").await?;
    assert_eq!(
        pcm.len(),
        wav.len() - 44,
        "pcm is the wav without its header"
    );
    Ok(())
}
