//! Encoding through the public face, with the real ffmpeg: every format is decoded again and held against its
//! source.

use std::{f32::consts::TAU, io, path::Path, process::Command};

use futures::{StreamExt, stream};
use kiskadee_media::{Encoded, Encoder, Encoding, LiveEncoding};
use kiskadee_shared::format::ResponseFormat;
use tempfile::TempDir;

const RATE: u32 = 22_050;

/// Two seconds that are nowhere periodic enough to match themselves at another place: a gliding tone that swells.
fn source() -> Vec<f32> {
    let sample = |i: usize| {
        let t = i as f32 / RATE as f32;
        0.5 * (TAU * (200.0 * t + 150.0 * t * t)).sin() * (0.3 + 0.7 * (TAU * 1.3 * t).sin().abs())
    };
    (0..2 * RATE as usize).map(sample).collect()
}

fn stream_of(samples: &[f32]) -> stream::BoxStream<'static, Result<Vec<f32>, io::Error>> {
    let chunks: Vec<_> = samples
        .chunks(5_000)
        .map(|chunk| Ok(chunk.to_vec()))
        .collect();
    stream::iter(chunks).boxed()
}

fn encoding(format: ResponseFormat, stretch: f32) -> Encoding {
    Encoding {
        format,
        sample_rate: RATE,
        stretch,
    }
}

async fn encode(format: ResponseFormat, stretch: f32) -> (TempDir, Encoded) {
    let scratch = tempfile::tempdir().unwrap();
    let encoder = Encoder::new("ffmpeg", scratch.path());
    let file = encoder
        .encode(encoding(format, stretch), stream_of(&source()))
        .await;
    (
        scratch,
        file.expect("ffmpeg must be installed for this test"),
    )
}

/// What a listener gets of a source of so many samples.
async fn live(format: ResponseFormat, samples: usize, stretch: f32) -> Vec<u8> {
    let scratch = tempfile::tempdir().unwrap();
    let encoding = LiveEncoding {
        source: encoding(format, stretch),
        bare_rate: RATE,
    };
    let source: Vec<f32> = source().into_iter().cycle().take(samples).collect();
    let pieces = Encoder::new("ffmpeg", scratch.path()).encode_live(encoding, stream_of(&source));
    let pieces: Vec<_> = pieces.collect().await;
    let pieces = pieces.into_iter().map(Result::unwrap);
    pieces.flat_map(|piece| piece.to_vec()).collect()
}

/// The number of samples in the head of a FLAC file.
fn told(file: &[u8]) -> u64 {
    let last: [u8; 8] = file[18..26].try_into().unwrap();
    u64::from_be_bytes(last) & 0xf_ffff_ffff
}

#[tokio::test]
async fn a_listener_gets_flac_that_tells_its_length() {
    for samples in [1, 2303, 2304, 2305, 44_100, 1_000_003] {
        let file = live(ResponseFormat::Flac, samples, 1.0).await;
        assert_eq!(told(&file), samples as u64);
    }
    let stretched = live(ResponseFormat::Flac, 44_100, 1.25).await;
    let path = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(path.path(), &stretched).unwrap();
    let decoded = decode(ResponseFormat::Flac, path.path());
    assert_eq!(told(&stretched), decoded.len() as u64);
}

#[tokio::test]
async fn a_listener_gets_wav_whose_sizes_mean_unknown() {
    let file = live(ResponseFormat::Wav, 1000, 1.0).await;
    assert_eq!(
        (&file[4..8], &file[40..44]),
        (&[0xff; 4][..], &[0xff; 4][..])
    );
    assert_eq!(file.len(), 44 + 2000);
}

/// What ffmpeg reads in the file, at the source's rate.
fn decode(format: ResponseFormat, path: &Path) -> Vec<f32> {
    let mut command = Command::new("ffmpeg");
    command.args(["-loglevel", "error"]);
    if format == ResponseFormat::Pcm {
        command.args(["-f", "s16le", "-ar", "22050", "-ac", "1"]);
    }
    let output = command
        .arg("-i")
        .arg(path)
        .args(["-f", "s16le", "-ac", "1", "-ar", "22050", "-"])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
        .stdout
        .as_chunks::<2>()
        .0
        .iter()
        .map(|pair| f32::from(i16::from_le_bytes(*pair)) / 32_768.0)
        .collect()
}

fn energy(samples: &[f32]) -> f32 {
    samples.iter().map(|sample| sample * sample).sum()
}

/// The best correlation of `decoded` with `source` over the delays that codecs add, leaving out the edges.
fn correlation(source: &[f32], decoded: &[f32]) -> f32 {
    let start = RATE as usize / 2;
    let part = &source[start..start + 5_000];
    (0..2_500)
        .filter_map(|delay| decoded.get(start + delay - 1_000..)?.get(..part.len()))
        .map(|shifted| {
            let product: f32 = part.iter().zip(shifted).map(|(a, b)| a * b).sum();
            product / (energy(part) * energy(shifted)).sqrt()
        })
        .fold(0.0, f32::max)
}

#[tokio::test]
async fn every_format_decodes_to_its_source() {
    let source = source();
    for format in ResponseFormat::ALL {
        let (_scratch, encoded) = encode(*format, 1.0).await;
        assert!((encoded.duration_seconds - 2.0).abs() < 1e-6, "{format}");
        assert_eq!(
            encoded.bytes,
            std::fs::metadata(encoded.file.path()).unwrap().len(),
            "{format}"
        );
        let decoded = decode(*format, encoded.file.path());
        let seconds = decoded.len() as f32 / RATE as f32;
        assert!((1.99..2.16).contains(&seconds), "{format}: {seconds} s");
        let likeness = correlation(&source, &decoded);
        assert!(likeness > 0.98, "{format}: correlation {likeness}");
        let gain = energy(&decoded) / energy(&source);
        assert!((0.9..1.1).contains(&gain), "{format}: energy times {gain}");
    }
}

#[tokio::test]
async fn lossless_formats_keep_every_sample() {
    let source = source();
    for format in [
        ResponseFormat::Wav,
        ResponseFormat::Pcm,
        ResponseFormat::Flac,
    ] {
        let (_scratch, encoded) = encode(format, 1.0).await;
        let decoded = decode(format, encoded.file.path());
        assert_eq!(decoded.len(), source.len(), "{format}");
        let error = source
            .iter()
            .zip(&decoded)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        assert!(error <= 0.51 / 32_768.0, "{format}: {error}");
    }
}

#[tokio::test]
async fn files_tell_their_kind_rate_and_length() {
    let expected = [
        (ResponseFormat::Wav, "pcm_s16le", "22050"),
        (ResponseFormat::Flac, "flac", "22050"),
        (ResponseFormat::Mp3, "mp3", "22050"),
        (ResponseFormat::Opus, "opus", "48000"),
        (ResponseFormat::Aac, "aac", "22050"),
    ];
    for (format, codec, rate) in expected {
        let (_scratch, encoded) = encode(format, 1.0).await;
        let fields = [
            "-v",
            "error",
            "-show_entries",
            "stream=codec_name,sample_rate,channels",
            "-of",
            "csv=p=0",
        ];
        let output = Command::new("ffprobe")
            .args(fields)
            .arg(encoded.file.path())
            .output()
            .unwrap();
        assert_eq!(
            String::from_utf8_lossy(&output.stdout).trim(),
            format!("{codec},{rate},1")
        );
        assert_eq!(encoding(format, 1.0).file_rate().to_string(), rate);
    }
}

#[tokio::test]
async fn a_wav_file_has_exact_lengths_with_and_without_ffmpeg() {
    for stretch in [1.0, 1.5] {
        let (_scratch, encoded) = encode(ResponseFormat::Wav, stretch).await;
        let file = std::fs::read(encoded.file.path()).unwrap();
        let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!(
            (&file[..4], number(4)),
            (b"RIFF".as_slice(), file.len() - 8),
            "{stretch}"
        );
        assert_eq!(
            (&file[36..40], number(40)),
            (b"data".as_slice(), file.len() - 44),
            "{stretch}"
        );
    }
}

#[tokio::test]
async fn stretching_changes_the_length_and_keeps_the_loudness() {
    for stretch in [0.25_f32, 0.6, 1.5, 4.0] {
        let (_scratch, encoded) = encode(ResponseFormat::Flac, stretch).await;
        let decoded = decode(ResponseFormat::Flac, encoded.file.path());
        let seconds = decoded.len() as f32 / RATE as f32;
        assert!(
            (seconds * stretch / 2.0 - 1.0).abs() < 0.1,
            "{stretch}: {seconds} s"
        );
        let told = encoded.duration_seconds as f32;
        assert!(
            (told - seconds).abs() < 0.1,
            "{stretch}: told {told} s, found {seconds} s"
        );
        let loudness = energy(&decoded) / seconds / (energy(&source()) / 2.0);
        assert!(
            (0.8..1.2).contains(&loudness),
            "{stretch}: loudness times {loudness}"
        );
    }
}
