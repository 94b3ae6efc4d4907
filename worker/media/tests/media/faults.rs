//! What encoding does when ffmpeg is missing, fails or hangs, and when the audio itself breaks off.

use std::{
    io,
    os::unix::fs::PermissionsExt,
    path::Path,
    time::{Duration, Instant},
};

use futures::{StreamExt, stream};
use kiskadee_media::{EncodeError, Encoder, Encoding};
use kiskadee_shared::format::ResponseFormat;

fn audio() -> stream::BoxStream<'static, Result<Vec<f32>, io::Error>> {
    stream::iter([Ok(vec![0.25; 22_050])]).boxed()
}

fn encoding(format: ResponseFormat) -> Encoding {
    Encoding {
        format,
        sample_rate: 22_050,
        stretch: 1.0,
    }
}

#[tokio::test]
async fn without_ffmpeg_wav_and_pcm_still_work() {
    let scratch = tempfile::tempdir().unwrap();
    let encoder = Encoder::new("ffmpeg-that-is-not-there", scratch.path());
    for format in [ResponseFormat::Wav, ResponseFormat::Pcm] {
        assert!(encoder.encode(encoding(format), audio()).await.is_ok());
    }
    let error = encoder
        .encode(encoding(ResponseFormat::Mp3), audio())
        .await
        .unwrap_err();
    assert!(
        matches!(error, EncodeError::Missing(_))
            && error.to_string().contains("apt-get install ffmpeg"),
        "{error}"
    );
    assert_eq!(
        std::fs::read_dir(scratch.path()).unwrap().count(),
        0,
        "nothing is left behind"
    );
}

#[tokio::test]
async fn an_error_in_the_audio_is_the_error_of_the_encoding() {
    let scratch = tempfile::tempdir().unwrap();
    let encoder = Encoder::new("ffmpeg", scratch.path());
    let broken = || {
        audio()
            .chain(stream::iter([Err(io::Error::other("device lost"))]))
            .boxed()
    };
    for format in [ResponseFormat::Wav, ResponseFormat::Mp3] {
        let error = encoder
            .encode(encoding(format), broken())
            .await
            .unwrap_err();
        assert!(
            matches!(&error, EncodeError::Source(why) if why.to_string() == "device lost"),
            "{error}"
        );
    }
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_failing_ffmpeg_speaks_for_itself() {
    let dir = tempfile::tempdir().unwrap();
    let program = stand_in(dir.path(), "echo no such codec >&2; exit 1");
    let encoder = Encoder::new(program, dir.path());
    let error = encoder
        .encode(encoding(ResponseFormat::Aac), audio())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("no such codec"), "{error}");
}

#[tokio::test]
async fn giving_up_kills_ffmpeg() {
    let dir = tempfile::tempdir().unwrap();
    let pid_file = dir.path().join("pid");
    let program = stand_in(
        dir.path(),
        &format!("echo $$ > {}; exec sleep 60", pid_file.display()),
    );
    let encoder = Encoder::new(program, dir.path());
    let encode = async move { encoder.encode(encoding(ResponseFormat::Mp3), audio()).await };
    let running = tokio::spawn(encode);
    let pid = poll(|| {
        std::fs::read_to_string(&pid_file)
            .ok()?
            .trim()
            .parse::<u32>()
            .ok()
    })
    .await;
    running.abort();
    // A killed child that has not been waited for yet is a zombie: no command line any more.
    poll(|| {
        std::fs::read(format!("/proc/{pid}/cmdline"))
            .unwrap_or_default()
            .is_empty()
            .then_some(())
    })
    .await;
}

fn stand_in(dir: &Path, script: &str) -> String {
    let path = dir.join("ffmpeg-stand-in");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

async fn poll<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "it did not happen in time"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
