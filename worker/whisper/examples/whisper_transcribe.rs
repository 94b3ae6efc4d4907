//! Says what is said in WAV files of 16 kHz: `whisper_transcribe [--bits8] [--greedy] [--language CODE] [--timestamps] MODEL FILE...`. A line of JSON for each
//! file, with the seconds that it took.

use std::{error::Error, path::Path, time::Instant};

use candle_core::Device;
use kiskadee_whisper::{Options, Precision, SAMPLE_RATE, Whisper};
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let mut options = Options::default();
    let (mut precision, mut paths) = (Precision::Full, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bits8" => precision = Precision::EightBits,
            "--greedy" => options.temperatures = vec![0.0],
            "--timestamps" => options.timestamps = true,
            "--language" => options.language = arguments.next(),
            _ => paths.push(argument),
        }
    }
    let [model, files @ ..] = paths.as_slice() else {
        return Err("give the folder of a model, and WAV files".into());
    };
    let start = Instant::now();
    let model = Whisper::open_with(Path::new(model), &Device::Cpu, precision)?;
    eprintln!("opened in {:.2} s", start.elapsed().as_secs_f64());
    for file in files {
        let samples = read(file)?;
        let start = Instant::now();
        let found = model.transcribe(&samples, &options)?;
        let segments = found.segments.iter();
        let segments: Vec<_> = segments
            .map(|one| json!([one.start, one.end, one.text]))
            .collect();
        let line = json!({
            "file": file,
            "text": found.text,
            "language": found.language,
            "mean_log_probability": found.mean_log_probability,
            "no_speech": found.no_speech,
            "temperature": found.temperature,
            "compression_ratio": found.compression_ratio,
            "segments": segments,
            "audio_s": samples.len() as f64 / f64::from(SAMPLE_RATE),
            "took_s": start.elapsed().as_secs_f64(),
        });
        println!("{line}");
    }
    Ok(())
}

fn read(path: &str) -> Result<Vec<f32>, Box<dyn Error>> {
    let mut file = hound::WavReader::open(path)?;
    let spec = file.spec();
    if spec.sample_rate != SAMPLE_RATE || spec.channels != 1 || spec.bits_per_sample != 16 {
        return Err(format!("{path}: not mono, 16 bits, 16 kHz").into());
    }
    let samples = file.samples::<i16>();
    let samples = samples.map(|sample| Ok(f32::from(sample?) / 32_768.0));
    samples.collect()
}
