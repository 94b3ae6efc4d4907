//! Figures for the documentation; they assert only what must hold on any machine. Run them alone, optimised:
//! `cargo test --release --workspace --test speech measure -- --ignored --nocapture --test-threads 1`.

use std::{io, time::Instant};

use futures::{StreamExt, TryStreamExt, stream};
use kiskadee_media::{Encoder, Encoding};
use kiskadee_shared::format::ResponseFormat;
use kiskadee_speech::{AudioChunk, Engine, Espeak, EspeakConfig, SpeechRequest};

const RATE: u32 = 22_050;

/// The most memory this process ever took, in MiB.
fn peak_memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<u64>()
        .unwrap()
        / 1024
}

fn request() -> SpeechRequest {
    let sentence =
        "The quick brown fox, who had slept all day, jumps over the lazy dog at half past nine. ";
    let text: String = sentence.chars().cycle().take(5_000).collect();
    SpeechRequest::new(text, "en")
}

async fn speak(processes: usize, requests: usize) -> (f64, f64, Vec<AudioChunk>) {
    let config = EspeakConfig {
        processes,
        ..EspeakConfig::default()
    };
    let engine = Espeak::start(config)
        .await
        .expect("espeak-ng must be installed for this measurement");
    let started = Instant::now();
    let streams = engine
        .speak((0..requests).map(|_| request()).collect())
        .into_iter();
    let chunks: Vec<Vec<AudioChunk>> = futures::future::try_join_all(
        streams.map(|utterance| utterance.unwrap().audio.try_collect()),
    )
    .await
    .unwrap();
    let wall = started.elapsed().as_secs_f64();
    let samples: usize = chunks
        .iter()
        .flatten()
        .map(|chunk| chunk.samples.len())
        .sum();
    (
        wall,
        samples as f64 / f64::from(RATE),
        chunks.into_iter().next().unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn speaking_and_encoding() {
    let (wall, seconds, chunks) = speak(1, 1).await;
    println!(
        "espeak, one process at a time: {seconds:.0} s of audio in {wall:.2} s, real-time factor {:.4}",
        wall / seconds
    );
    let scratch = tempfile::tempdir().unwrap();
    let encoder = Encoder::new("ffmpeg", scratch.path());
    for format in ResponseFormat::ALL {
        let encoding = Encoding {
            format: *format,
            sample_rate: RATE,
            stretch: 1.0,
        };
        let audio = stream::iter(
            chunks
                .clone()
                .into_iter()
                .map(|chunk| Ok::<_, io::Error>(chunk.samples)),
        )
        .boxed();
        let started = Instant::now();
        let file = encoder.encode(encoding, audio).await.unwrap();
        let wall = started.elapsed().as_secs_f64();
        println!(
            "{format}: {:.0} s of audio in {wall:.3} s, {} bytes",
            file.duration_seconds, file.bytes
        );
    }
    println!("peak memory {} MiB", peak_memory_mib());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn speaking_on_all_cores() {
    let cores = std::thread::available_parallelism().unwrap().get();
    let (wall, seconds, _) = speak(cores, 4).await;
    println!(
        "espeak, {cores} processes at a time: {seconds:.0} s of audio in {wall:.2} s, real-time factor {:.4}",
        wall / seconds
    );
}
