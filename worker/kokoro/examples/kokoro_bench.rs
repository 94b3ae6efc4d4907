//! CPU time of loading and speaking: `kokoro_bench FOLDER VOICE FILE`, where every line of FILE is a sentence of Kokoro's phones.
//! For one thread set `RAYON_NUM_THREADS=1`. Prints one line of JSON.

use std::{path::Path, process::ExitCode};

use candle_core::Device;
use kiskadee_kokoro::{Kokoro, SAMPLE_RATE, Styles, Utterance};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, voice, file] = arguments.as_slice() else {
        eprintln!("usage: kokoro_bench FOLDER VOICE FILE");
        return ExitCode::from(2);
    };
    match bench(Path::new(folder), voice, Path::new(file)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bench(folder: &Path, voice: &str, file: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let begin = cpu_seconds()?;
    let model = Kokoro::load(folder, &Device::Cpu)?;
    let style = Styles::open(&folder.join("voices.safetensors"))?.get(voice)?;
    let load = cpu_seconds()? - begin;
    let vocabulary = &model.config().vocab;
    let id = |symbol: char| vocabulary.get(&symbol.to_string()).copied();
    let begin = cpu_seconds()?;
    let mut samples = 0;
    for line in std::fs::read_to_string(file)?.lines() {
        let ids: Vec<u32> = line.chars().filter_map(id).collect();
        let speech = model.speak(&Utterance {
            ids: &ids,
            style: style.row(ids.len()),
            speed: 1.0,
            factors: &[],
            seed: 1,
        })?;
        samples += speech.samples.len();
    }
    let seconds = samples as f64 / f64::from(SAMPLE_RATE);
    let spent = cpu_seconds()? - begin;
    let result = serde_json::json!({
        "load": load,
        "audio_seconds": seconds,
        "cpu_per_audio_second": spent / seconds,
        "peak_mb": peak_megabytes()?,
    });
    println!("{result}");
    Ok(())
}

/// User and system time of this process.
fn cpu_seconds() -> Result<f64, Box<dyn std::error::Error>> {
    // In hundredths of a second, behind the name in brackets.
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').ok_or("no times of this process")?;
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks = ticks.map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / 100.0)
}

fn peak_megabytes() -> Result<f64, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    Ok(kilobytes.ok_or("no peak of memory")?.parse::<f64>()? / 1024.0)
}
