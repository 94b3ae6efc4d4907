//! Measures the engine at full size: `xtts_bench FOLDER [--precision f32|q8|f16|bf16] [--device cpu|cuda] [--threads N] [--only a,b]`, where FOLDER is an imported
//! model. Prints JSON lines with the same names as `reference/bench.py`.

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Instant};

use kiskadee_xtts::{
    Batch, Conditioning, DeviceChoice, Event, LoadOptions, Order, Precision, PreparedVoice,
    Sampling, Xtts,
};
use serde_json::json;

type Failure = Box<dyn std::error::Error>;

const CODES: usize = 200;
const TEXT_TOKENS: usize = 60;
const REPEATS: usize = 3;
/// Seconds of the recording that voices are made of.
const SECONDS: usize = 6;
/// What is measured when nothing is named.
const USUAL: [&str; 9] = [
    "conditioning",
    "generate",
    "batch",
    "batch_8",
    "vocoder",
    "vocoder_20",
    "inference",
    "stream",
    "inference_8",
];

struct Bench {
    model: Arc<Xtts>,
    voice: PreparedVoice,
    recording: Vec<f32>,
    only: Vec<String>,
    label: String,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let (folder, options, only, label) = arguments()?;
    let (cpu, wall) = (cpu_seconds(), Instant::now());
    let model = Arc::new(Xtts::load(&folder, &options)?);
    report(
        &label,
        "load",
        cpu_seconds() - cpu,
        wall.elapsed().as_secs_f64(),
        &json!({}),
    );
    let recording = recording(SECONDS);
    let conditioning = model.condition(std::slice::from_ref(&recording))?;
    let voice = model.prepare(&conditioning)?;
    let bench = Bench {
        model,
        voice,
        recording,
        only,
        label,
    };
    bench.all(&conditioning)
}

fn arguments() -> Result<(PathBuf, LoadOptions, Vec<String>, String), Failure> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments
        .next()
        .ok_or("usage: xtts_bench FOLDER [--precision P] [--device D] [--only NAMES]")?;
    let mut options = LoadOptions {
        device: DeviceChoice::Cpu,
        precision: Precision::F32,
        threads: 1,
    };
    let (mut only, mut label) = (Vec::new(), "f32".to_owned());
    while let Some(flag) = arguments.next() {
        let value = arguments.next().ok_or(format!("{flag} needs a value"))?;
        match (flag.as_str(), value.as_str()) {
            ("--precision", "f32") => options.precision = Precision::F32,
            ("--precision", "q8") => options.precision = Precision::Q8,
            ("--precision", "f16") => options.precision = Precision::F16,
            ("--precision", "bf16") => options.precision = Precision::Bf16,
            ("--threads", count) => options.threads = count.parse()?,
            ("--device", "cpu") => options.device = DeviceChoice::Cpu,
            ("--device", "cuda") => options.device = DeviceChoice::Cuda(0),
            ("--only", names) => only = names.split(',').map(str::to_owned).collect(),
            _ => return Err(format!("cannot make sense of {flag} {value}").into()),
        }
        if flag == "--precision" {
            label = value;
        }
    }
    Ok((PathBuf::from(folder), options, only, label))
}

impl Bench {
    fn all(&self, conditioning: &Conditioning) -> Result<(), Failure> {
        self.stage("conditioning", || {
            self.model
                .condition(std::slice::from_ref(&self.recording))?;
            Ok(json!({"audio_seconds": SECONDS}))
        })?;
        self.stage("prepare", || {
            self.model.prepare(conditioning)?;
            Ok(json!({}))
        })?;
        self.stage("generate", || self.generate(1))?;
        self.stage("batch", || self.generate(4))?;
        for rows in [8, 16, 32, 64, 128] {
            self.stage(&format!("batch_{rows}"), || self.generate(rows))?;
        }
        self.stage("vocoder", || self.vocoder(CODES))?;
        self.stage("vocoder_20", || self.vocoder(20))?;
        self.stage("inference", || self.speak(false, 1))?;
        self.stage("stream", || self.speak(true, 1))?;
        for rows in [8, 16, 32, 64, 128] {
            self.stage(&format!("inference_{rows}"), || self.speak(false, rows))?;
        }
        Ok(())
    }

    fn stage(
        &self,
        name: &str,
        run: impl Fn() -> Result<serde_json::Value, Failure>,
    ) -> Result<(), Failure> {
        let wanted = if self.only.is_empty() {
            USUAL.contains(&name)
        } else {
            self.only.iter().any(|only| only == name)
        };
        if !wanted {
            return Ok(());
        }
        let mut runs = Vec::new();
        for _ in 0..REPEATS {
            let (cpu, wall) = (cpu_seconds(), Instant::now());
            let more = run()?;
            runs.push((cpu_seconds() - cpu, wall.elapsed().as_secs_f64(), more));
        }
        runs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (cpu, wall, more) = runs.swap_remove(REPEATS / 2);
        report(&self.label, name, cpu, wall, &more);
        Ok(())
    }

    fn order(&self, codes: usize, seed: u64, stream: bool) -> Order {
        let words = 40 + seed as u32 % 20;
        Order {
            tokens: (0..TEXT_TOKENS as u32)
                .map(|place| 300 + (place * 7 + words) % 500)
                .collect(),
            voice: self.voice.clone(),
            sampling: Sampling {
                seed,
                max_codes: codes,
                ignore_stop: true,
                ..Sampling::of(self.model.config())
            },
            speed: 1.0,
            stream,
        }
    }

    /// Codes alone: the difference to the whole is the vocoder's.
    fn generate(&self, rows: usize) -> Result<serde_json::Value, Failure> {
        let mut batch = Batch::of_codes(Arc::clone(&self.model), rows)?;
        let began = Instant::now();
        for row in 0..rows {
            batch.join(row as u64, self.order(CODES, row as u64, false))?;
        }
        let prefill = began.elapsed().as_secs_f64();
        while !batch.is_empty() {
            batch.step()?;
        }
        let tokens = (rows * CODES) as f64 / began.elapsed().as_secs_f64();
        Ok(json!({"prefill_seconds": prefill, "tokens": rows * CODES, "tokens_per_second": tokens}))
    }

    fn vocoder(&self, codes: usize) -> Result<serde_json::Value, Failure> {
        let width = self.model.config().model_args.gpt_n_model_channels;
        let states = candle_core::Tensor::rand(-1.0_f32, 1.0, (codes, width), self.model.device())?;
        let samples = self.model.decode(&self.voice, &states)?;
        Ok(json!({"audio_seconds": samples.len() as f64 / 24_000.0}))
    }

    fn speak(&self, stream: bool, rows: usize) -> Result<serde_json::Value, Failure> {
        let mut batch = Batch::new(Arc::clone(&self.model), rows)?;
        let (began, began_cpu) = (Instant::now(), cpu_seconds());
        for row in 0..rows {
            batch.join(row as u64, self.order(CODES, row as u64, stream))?;
        }
        let (mut first, mut samples) = (None, 0);
        while !batch.is_empty() {
            for (_, event) in batch.step()? {
                if let Event::Audio(piece) = event {
                    first.get_or_insert((began.elapsed().as_secs_f64(), cpu_seconds() - began_cpu));
                    samples += piece.len();
                }
            }
        }
        let (first, first_cpu) = first.unwrap_or_default();
        let audio = samples as f64 / 24_000.0;
        Ok(json!({
            "audio_seconds": audio, "tokens": rows * CODES, "times_real_time": audio / began.elapsed().as_secs_f64(),
            "first_chunk_wall_seconds": first, "first_chunk_cpu_seconds": first_cpu,
        }))
    }
}

/// Something with a pitch and some noise, so that nothing in it is zero.
fn recording(seconds: usize) -> Vec<f32> {
    let mut noise: u32 = 1;
    let sample = |place: usize| {
        let time = place as f32 / 22_050.0;
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let hiss = (noise >> 8) as f32 / 16_777_216.0 - 0.5;
        0.3 * (time * 130.0 * std::f32::consts::TAU).sin() * (1.0 + (time * 3.0).sin())
            + 0.03 * hiss
    };
    (0..seconds * 22_050).map(sample).collect()
}

fn report(label: &str, name: &str, cpu: f64, wall: f64, more: &serde_json::Value) {
    let mut line = json!({
        "engine": "kiskadee", "dtype": label, "name": name, "cpu_seconds": round(cpu), "wall_seconds": round(wall),
        "peak_rss_mib": peak_mebibytes(),
    });
    if let (Some(line), Some(more)) = (line.as_object_mut(), more.as_object()) {
        line.extend(more.clone());
        if let Some(tokens) = more.get("tokens").and_then(serde_json::Value::as_f64) {
            line.insert(
                "tokens_per_cpu_second".to_owned(),
                json!(round(tokens / cpu)),
            );
        }
    }
    println!("{line}");
}

fn round(seconds: f64) -> f64 {
    (seconds * 1e4).round() / 1e4
}

/// User and system time of all threads.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let ticks = |field: usize| {
        fields
            .get(field)
            .and_then(|ticks| ticks.parse::<f64>().ok())
    };
    // Fields 14 and 15 of proc(5), of which two stand before the bracket; 100 ticks a second on Linux.
    (ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0)) / 100.0
}

fn peak_mebibytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024)
}
