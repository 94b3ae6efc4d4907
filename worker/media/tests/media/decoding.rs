//! Recordings as people have them, made by the real ffmpeg and decoded by it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use kiskadee_media::{DecodeError, Decoded, Decoder};
use tempfile::TempDir;

const RATE: u32 = 24_000;
/// Of the tone that is recorded.
const PEAK: f32 = 0.8;
const SECONDS: usize = 2;
const TONE: &str = "sine=frequency=220:duration=2:sample_rate=48000,volume=6.4";

struct Bench(TempDir);

impl Bench {
    fn set_up() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A file as ffmpeg makes it from a source of its own.
    fn made(&self, source: &str, options: &[&str], name: &str) -> PathBuf {
        let path = self.path(name);
        let made = Command::new("ffmpeg")
            .args(["-loglevel", "error", "-y", "-f", "lavfi", "-i", source])
            .args(options)
            .arg(&path)
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        path
    }

    fn tone(&self, options: &[&str], name: &str) -> PathBuf {
        self.made(TONE, options, name)
    }

    fn written(&self, content: &[u8]) -> PathBuf {
        let path = self.path("written");
        std::fs::write(&path, content).unwrap();
        path
    }
}

async fn decoded(path: &Path) -> Result<Decoded, DecodeError> {
    Decoder::new("ffmpeg").decode(path, RATE, 60.0).await
}

async fn refused(path: &Path) -> String {
    let error = decoded(path).await.unwrap_err();
    assert!(matches!(error, DecodeError::Unreadable(_)), "{error:?}");
    let said = error.to_string();
    for word in ["ffmpeg", "/", "pipe", "Invalid", "Error", "moov", "tmp"] {
        assert!(!said.contains(word), "{said}");
    }
    said
}

fn peak(decoded: &Decoded) -> f32 {
    // The ends of a coded tone overshoot.
    let samples = &decoded.samples[RATE as usize / 2..RATE as usize * 3 / 2];
    samples
        .iter()
        .fold(0.0, |peak, sample| sample.abs().max(peak))
}

async fn assert_whole(path: &Path, tolerance: f32) {
    let decoded = decoded(path)
        .await
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let samples = decoded.samples.len();
    let wanted = RATE as usize * SECONDS;
    assert!(
        samples.abs_diff(wanted) < RATE as usize / 5,
        "{}: {samples} samples",
        path.display()
    );
    let peak = peak(&decoded);
    assert!(
        (peak - PEAK).abs() < tolerance,
        "{}: peak {peak}",
        path.display()
    );
}

#[tokio::test]
async fn recordings_of_browsers_phones_and_programs_are_taken() {
    let bench = Bench::set_up();
    for (name, options) in [
        ("browser.webm", &["-c:a", "libopus"][..]),
        ("browser.mka", &["-c:a", "libvorbis"]),
        ("browser.ogg", &["-c:a", "libopus"]),
        ("phone.m4a", &["-c:a", "aac"]),
        ("phone-lossless.m4a", &["-c:a", "alac"]),
        ("phone.3gp", &["-c:a", "aac"]),
        ("phone.aac", &["-c:a", "aac"]),
        ("mac.aiff", &[]),
        ("mac.aifc", &["-f", "aiff", "-c:a", "pcm_mulaw"]),
        ("mac.caf", &["-c:a", "pcm_s16be"]),
        ("mac-alac.caf", &["-c:a", "alac"]),
        ("sun.au", &[]),
        ("windows.wma", &["-c:a", "wmav2"]),
        ("music.flac", &[]),
        ("music.mp3", &["-b:a", "128k"]),
    ] {
        assert_whole(&bench.tone(options, name), 0.1).await;
    }
}

#[tokio::test]
async fn every_width_of_samples_is_taken() {
    let bench = Bench::set_up();
    for codec in [
        "pcm_u8",
        "pcm_s16le",
        "pcm_s24le",
        "pcm_s32le",
        "pcm_f32le",
        "pcm_f64le",
        "pcm_alaw",
        "pcm_mulaw",
        "adpcm_ima_wav",
        "adpcm_ms",
    ] {
        assert_whole(&bench.tone(&["-c:a", codec], &format!("{codec}.wav")), 0.05).await;
    }
}

#[tokio::test]
async fn a_voice_message_in_amr_is_taken() {
    let bench = Bench::set_up();
    // A second of frames of 12.2 kbit/s without anything in them.
    let mut frame = [0; 32];
    frame[0] = 0x3c;
    let file = [b"#!AMR\n".to_vec(), frame.repeat(50)].concat();
    let decoded = decoded(&bench.written(&file)).await.unwrap();
    assert!(decoded.samples.len().abs_diff(RATE as usize) < RATE as usize / 10);
}

#[tokio::test]
async fn what_is_recorded_in_many_channels_stays_as_loud_as_it_was() {
    let bench = Bench::set_up();
    for (name, filter) in [
        ("stereo", "pan=stereo|c0=c0|c1=c0"),
        ("left", "pan=stereo|c0=c0|c1=0*c0"),
        ("opposed", "pan=stereo|c0=c0|c1=-1*c0"),
        ("surround", "pan=5.1|FL=c0|FR=c0|FC=c0|LFE=c0|BL=c0|BR=c0"),
        ("centre", "pan=5.1|FC=c0"),
        (
            "cinema",
            "pan=7.1|FL=c0|FR=c0|FC=c0|LFE=c0|BL=c0|BR=c0|SL=c0|SR=c0",
        ),
        ("three", "pan=2.1|FL=c0|FR=c0|LFE=c0"),
    ] {
        for (codec, ending) in [("pcm_s24le", "wav"), ("pcm_f32le", "wav"), ("flac", "flac")] {
            let name = format!("{name}-{codec}.{ending}");
            assert_whole(&bench.tone(&["-af", filter, "-c:a", codec], &name), 0.05).await;
        }
    }
}

#[tokio::test]
async fn channels_without_a_layout_are_taken() {
    let bench = Bench::set_up();
    let inputs = "[0:a]asplit=12[a][b][c][d][e][f][g][h][i][j][k][l];[a][b][c][d][e][f][g][h][i][j][k][l]amerge=inputs=12";
    let file = bench.tone(
        &["-filter_complex", inputs, "-c:a", "pcm_s16le"],
        "table.wav",
    );
    assert_whole(&file, 0.05).await;
}

#[tokio::test]
async fn what_goes_beyond_full_scale_in_floats_is_not_clipped() {
    let bench = Bench::set_up();
    let file = bench.made(
        "aevalsrc=3*sin(220*2*PI*t):duration=2:sample_rate=48000",
        &["-c:a", "pcm_f32le"],
        "hot.wav",
    );
    let decoded = decoded(&file).await.unwrap();
    let at_limit = decoded
        .samples
        .iter()
        .filter(|sample| sample.abs() > 0.999)
        .count();
    assert!(at_limit * 20 < decoded.samples.len(), "{at_limit}");
}

#[tokio::test]
async fn a_wrong_name_changes_nothing() {
    let bench = Bench::set_up();
    for (made, named) in [
        ("a.flac", "a.wav"),
        ("b.webm", "b.mp3"),
        ("c.m4a", "c.txt"),
        ("d.wav", "d"),
    ] {
        let path = bench.path(named);
        std::fs::rename(bench.tone(&[], made), &path).unwrap();
        assert_whole(&path, 0.1).await;
    }
}

#[tokio::test]
async fn a_film_gives_its_sound_and_a_cut_off_recording_what_it_has() {
    let bench = Bench::set_up();
    let film = bench.made(
        "testsrc=duration=2:size=64x64:rate=5",
        &["-f", "lavfi", "-i", TONE, "-c:v", "vp8", "-c:a", "libopus"],
        "film.webm",
    );
    assert_whole(&film, 0.1).await;
    for (name, options) in [
        ("a.wav", &[][..]),
        ("b.mp3", &[]),
        ("c.webm", &["-c:a", "libopus"]),
        ("d.flac", &[]),
    ] {
        let whole = std::fs::read(bench.tone(options, name)).unwrap();
        let half = bench.written(&whole[..whole.len() / 2]);
        let samples = decoded(&half).await.unwrap().samples.len();
        assert!(samples > RATE as usize / 4, "{name}: {samples}");
    }
}

#[tokio::test]
async fn what_is_no_recording_is_named() {
    let bench = Bench::set_up();
    let picture = bench.made(
        "testsrc=duration=1:size=64x64:rate=1",
        &["-frames:v", "1"],
        "p.png",
    );
    assert_eq!(
        refused(&picture).await,
        "is a picture (PNG), which holds no recording; send wav, flac, mp3, ogg, m4a, webm, aiff, caf, au, amr or wma"
    );
    let picture = bench.made(
        "testsrc=duration=1:size=64x64:rate=1",
        &["-frames:v", "1"],
        "p.jpg",
    );
    assert!(refused(&picture).await.contains("a picture (JPEG)"));
    let film = bench.made(
        "testsrc=duration=1:size=64x64:rate=5",
        &["-c:v", "mpeg4"],
        "silent.mp4",
    );
    assert!(
        refused(&film)
            .await
            .starts_with("is MP4 or M4A without any sound in it")
    );
    for (content, said) in [
        (&b""[..], "is empty"),
        (b"These are words.\nAnd more.", "is text"),
        (b"<!doctype html><p>Not found", "is a web page (HTML)"),
        (b"{\"error\": \"no\"}", "is JSON"),
        (b"PK\x03\x04....", "is a ZIP archive"),
        (b"#EXTM3U\nhttp://127.0.0.1/x.mp3\n", "is a playlist"),
        (b"ffconcat version 1.0\nfile a.wav\n", "is text"),
        (
            b"RIFF\x24\x00\x00\x00WAVEfmt ",
            "begins as WAV and cannot be decoded",
        ),
        (
            b"\0\x01\x02\x03\x04\x05\x06\x07",
            "is of no form that is known here",
        ),
    ] {
        let refused = refused(&bench.written(content)).await;
        assert!(refused.starts_with(said), "{refused}");
    }
}

#[tokio::test]
async fn an_m4a_file_that_lost_its_end_is_told_so() {
    let bench = Bench::set_up();
    let whole = std::fs::read(bench.tone(&["-c:a", "aac"], "a.m4a")).unwrap();
    let cut = bench.written(&whole[..whole.len() / 2]);
    assert!(
        refused(&cut)
            .await
            .starts_with("begins as MP4 or M4A and cannot be decoded: it is damaged or not whole")
    );
}

#[tokio::test]
async fn a_worker_without_the_decoder_says_what_to_install() {
    let bench = Bench::set_up();
    let decoder = Decoder::new("/nowhere/ffmpeg");
    let error = decoder
        .decode(&bench.tone(&[], "a.wav"), RATE, 60.0)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("apt-get install ffmpeg"),
        "{error}"
    );
}
