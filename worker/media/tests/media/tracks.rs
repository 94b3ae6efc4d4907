//! Recordings as tracks: at their own rate, mixed, read a stretch at a time, and at another rate.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use kiskadee_media::{DecodeError, Decoder, Track};
use tempfile::TempDir;

/// A tone of a length and a rate, as ffmpeg makes it.
fn made(folder: &TempDir, source: &str, options: &[&str], name: &str) -> PathBuf {
    let path = folder.path().join(name);
    let made = Command::new("ffmpeg")
        .args(["-loglevel", "error", "-y", "-f", "lavfi", "-i", source])
        .args(options)
        .arg(&path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "{name}: {said}");
    path
}

async fn track(folder: &TempDir, path: &Path, most: f64) -> Result<Track, DecodeError> {
    Decoder::new("ffmpeg")
        .track(path, folder.path(), most)
        .await
}

fn loudness(samples: &[f32]) -> f32 {
    let power: f32 = samples.iter().map(|sample| sample * sample).sum();
    (power / samples.len() as f32).sqrt()
}

#[tokio::test]
async fn a_track_keeps_the_rate_up_to_a_bound() {
    let folder = tempfile::tempdir().unwrap();
    for (rate, expected) in [
        ("8000", 8000),
        ("22050", 22_050),
        ("44100", 44_100),
        ("96000", 48_000),
    ] {
        let source = format!("sine=frequency=220:duration=2:sample_rate={rate},volume=6.4");
        let file = made(&folder, &source, &[], "tone.wav");
        let track = track(&folder, &file, 60.0).await.unwrap();
        assert_eq!(track.sample_rate, expected, "{rate}");
        assert!((track.seconds() - 2.0).abs() < 0.01, "{}", track.seconds());
        assert!((0.75..0.85).contains(&track.peak), "{}", track.peak);
        let middle = track.read(track.samples / 4..track.samples / 2).unwrap();
        assert!(
            (loudness(&middle) - 0.566).abs() < 0.03,
            "{}",
            loudness(&middle)
        );
    }
}

#[tokio::test]
async fn a_voice_in_one_channel_keeps_its_loudness_and_what_cancels_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let tone = "sine=frequency=220:duration=2:sample_rate=24000,volume=6.4";
    for (name, mix) in [
        ("left.wav", "pan=stereo|c0=c0|c1=0*c0"),
        ("both.wav", "pan=stereo|c0=c0|c1=c0"),
        ("against.wav", "pan=stereo|c0=c0|c1=-1*c0"),
    ] {
        let file = made(&folder, tone, &["-af", mix], name);
        let track = track(&folder, &file, 60.0).await.unwrap();
        assert!((0.75..0.85).contains(&track.peak), "{name}: {}", track.peak);
    }
}

#[tokio::test]
async fn a_track_is_cut_off_and_heard_at_another_rate() {
    let folder = tempfile::tempdir().unwrap();
    let file = made(
        &folder,
        "sine=frequency=220:duration=9:sample_rate=44100",
        &[],
        "long.flac",
    );
    let track = track(&folder, &file, 3.0).await.unwrap();
    assert!((track.seconds() - 3.0).abs() < 0.01, "{}", track.seconds());
    let samples = Decoder::new("ffmpeg")
        .resample(&track, 16_000)
        .await
        .unwrap();
    assert!(samples.len().abs_diff(48_000) < 100, "{}", samples.len());
    let own = track.read(0..track.samples).unwrap();
    assert!((loudness(&samples) - loudness(&own)).abs() < 0.005);
}

#[tokio::test]
async fn what_is_no_recording_is_no_track() {
    let folder = tempfile::tempdir().unwrap();
    for (content, said) in [
        (&b""[..], "is empty"),
        (b"words", "is text"),
        (b"RIFF....WAVE", "cannot be decoded"),
    ] {
        let path = folder.path().join("bad");
        std::fs::write(&path, content).unwrap();
        let error = track(&folder, &path, 60.0).await.unwrap_err();
        assert!(matches!(error, DecodeError::Unreadable(_)), "{error:?}");
        assert!(error.to_string().contains(said), "{error}");
    }
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "nothing stays"
    );
}
