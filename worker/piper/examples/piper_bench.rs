//! Measures a voice: `piper_bench FOLDER IDS`, where FOLDER is an imported voice and IDS a file with the ids of a sentence on each line.
//! Prints one JSON object a line, in CPU seconds of all threads; `RAYON_NUM_THREADS` says how many there are.

use std::{path::Path, process::ExitCode};

use candle_core::Device;
use kiskadee_piper::{Piper, Result, Utterance};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, ids] = arguments.as_slice() else {
        eprintln!("usage: piper_bench FOLDER IDS");
        return ExitCode::FAILURE;
    };
    let sentences = match sentences(ids.as_ref()) {
        Ok(sentences) => sentences,
        Err(error) => {
            eprintln!("{ids}: {error}");
            return ExitCode::FAILURE;
        }
    };
    match measure(folder.as_ref(), &sentences) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn sentences(path: &Path) -> std::io::Result<Vec<Vec<u32>>> {
    let text = std::fs::read_to_string(path)?;
    let line = |line: &str| {
        line.split_whitespace()
            .filter_map(|id| id.parse().ok())
            .collect()
    };
    Ok(text.lines().map(line).collect())
}

fn measure(folder: &Path, sentences: &[Vec<u32>]) -> Result<()> {
    let began = cpu_seconds();
    let voice = Piper::load(folder, &Device::Cpu)?;
    let speaker = voice.default_speaker()?;
    println!(
        "{}",
        json!({"name": "load", "cpu_seconds": cpu_seconds() - began, "resident_mb": resident_megabytes()})
    );
    let rate = f64::from(voice.config().sample_rate);
    for ids in sentences {
        let began = cpu_seconds();
        let (mut first, mut samples) = (None, 0);
        for piece in voice.speak(&Utterance::new(ids, &speaker, 1))? {
            samples += piece?.len();
            first.get_or_insert(cpu_seconds() - began);
        }
        println!(
            "{}",
            json!({
                "name": "sentence", "ids": ids.len(), "audio_seconds": samples as f64 / rate,
                "cpu_seconds": cpu_seconds() - began, "first_audio_cpu_seconds": first,
            })
        );
    }
    println!(
        "{}",
        json!({"name": "end", "resident_mb": resident_megabytes()})
    );
    Ok(())
}

/// Of the whole process.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn resident_megabytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1e3)
}
