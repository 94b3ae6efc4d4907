//! The engines `kokoro` and `piper` through the public face, with their process and models that are small and untrained: they speak
//! noise, but by all the rules.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod kokoro;
mod models;
mod piper;

use std::{fs, process::Command};

use futures::TryStreamExt as _;
use kiskadee_speech::{
    AudioChunk, Engine, EngineProgram, Kokoro, KokoroConfig, OpenVoices, OpenVoicesConfig,
    PhonemizerConfig, Piper, PiperConfig, SpeechError, SpeechRequest, Utterance, VoicePart,
};

use self::models::Models;

struct Studio {
    process: OpenVoices,
    name: &'static str,
    models: Models,
}

impl Studio {
    /// With a process that bears the name of its test, and this many threads.
    fn open(name: &'static str, threads: usize) -> Self {
        Self::with_espeak(name, threads, "espeak-ng")
    }

    fn with_espeak(name: &'static str, threads: usize, espeak: &str) -> Self {
        let config = OpenVoicesConfig {
            program: program(name),
            threads,
            phonemizer: PhonemizerConfig {
                program: espeak.to_owned(),
                ..PhonemizerConfig::default()
            },
            ..OpenVoicesConfig::default()
        };
        Self {
            process: OpenVoices::new(config),
            name,
            models: Models::import(),
        }
    }

    async fn kokoro(&self) -> Result<Kokoro, SpeechError> {
        Kokoro::start(KokoroConfig {
            model: self.models.folder("kokoro"),
            process: self.process.clone(),
        })
        .await
    }

    async fn piper(&self) -> Result<Piper, SpeechError> {
        let folders = fs::read_dir(self.models.path()).unwrap().flatten();
        let folders = folders.filter(|entry| entry.file_name() != "kokoro");
        Piper::start(PiperConfig {
            voices: folders.map(|entry| entry.path()).collect(),
            process: self.process.clone(),
        })
        .await
    }

    /// The numbers of its processes.
    fn processes(&self) -> Vec<u32> {
        let all = fs::read_dir("/proc").unwrap().flatten();
        let pids = all.filter_map(|entry| {
            let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
            let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
            let mut arguments = line.split(|byte| *byte == 0);
            let is_process = arguments.next()?.ends_with(b"engine_process")
                && arguments.next()? == b"openvoices";
            (is_process && arguments.next()? == self.name.as_bytes()).then_some(pid)
        });
        pids.collect()
    }

    fn kill(&self) {
        let pids = self.processes();
        assert!(!pids.is_empty());
        for pid in pids {
            let killed = Command::new("kill")
                .args(["-KILL", &pid.to_string()])
                .status();
            assert!(killed.unwrap().success());
        }
    }
}

fn program(name: &str) -> EngineProgram {
    EngineProgram {
        path: env!("CARGO_BIN_EXE_engine_process").into(),
        arguments: vec!["openvoices".into(), name.into()],
    }
}

fn start(engine: &dyn Engine, request: SpeechRequest) -> Result<Utterance, SpeechError> {
    let answer = engine.speak(vec![request]).pop();
    answer.expect("one answer for one request")
}

async fn chunks(
    engine: &dyn Engine,
    request: SpeechRequest,
) -> Result<Vec<AudioChunk>, SpeechError> {
    start(engine, request)?.audio.try_collect().await
}

async fn samples(engine: &dyn Engine, request: SpeechRequest) -> Vec<f32> {
    joined(chunks(engine, request).await.unwrap())
}

fn joined(chunks: Vec<AudioChunk>) -> Vec<f32> {
    chunks.into_iter().flat_map(|chunk| chunk.samples).collect()
}

fn refusal(engine: &dyn Engine, request: SpeechRequest) -> String {
    match start(engine, request) {
        Err(SpeechError::Reject(why)) => why,
        other => panic!("{other:?} is no refusal"),
    }
}

fn live(request: SpeechRequest) -> SpeechRequest {
    SpeechRequest {
        live: true,
        ..request
    }
}

fn in_voice(voice: &str, text: &str, language: &str) -> SpeechRequest {
    SpeechRequest {
        voice: voice.to_owned(),
        ..SpeechRequest::new(text, language)
    }
}

fn mixed(parts: &[(&str, f32)], text: &str) -> SpeechRequest {
    let parts = parts.iter().map(|(voice, weight)| VoicePart {
        voice: (*voice).to_owned(),
        weight: *weight,
        conditioning: None,
        weights: None,
    });
    SpeechRequest {
        parts: parts.collect(),
        ..in_voice("voice_mixed", text, "en")
    }
}

/// That every word is timed, in order, within the audio, and stands where it was written.
fn assert_timed(chunks: &[AudioChunk], text: &str, words: &[&str], sample_rate: u32) {
    let timed: Vec<_> = chunks.iter().flat_map(|chunk| &chunk.words).collect();
    let said: Vec<&str> = timed
        .iter()
        .map(|word| &text[word.source.clone()])
        .collect();
    assert_eq!(said, words);
    let all: usize = chunks.iter().map(|chunk| chunk.samples.len()).sum();
    let seconds = all as f64 / f64::from(sample_rate);
    for pair in timed.windows(2) {
        assert!(pair[0].start < pair[1].start && pair[0].end <= pair[1].start + 1e-9);
    }
    assert!(timed.iter().all(|word| word.start <= word.end));
    assert!(timed.last().unwrap().start < seconds);
}
