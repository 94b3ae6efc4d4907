//! A recording in the timbre of another: `openvoice_convert MODEL IN.wav VOICE.wav OUT.wav`, all mono, 16 bits, at the model's rate. MODEL is a
//! folder that an import made; `--import CHECKPOINT MODEL` makes it.

use std::{error::Error, fs, ops::ControlFlow, path::Path};

use candle_core::Device;
use kiskadee_openvoice::{OpenVoice, Options, import};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [flag, checkpoint, model] if flag == "--import" => {
            Ok(import(Path::new(checkpoint), Path::new(model))?)
        }
        [model, from, voice, to] => convert(Path::new(model), from, voice, to),
        _ => Err("usage: openvoice_convert MODEL IN.wav VOICE.wav OUT.wav".into()),
    }
}

fn convert(model: &Path, from: &str, voice: &str, to: &str) -> Result<(), Box<dyn Error>> {
    let model = OpenVoice::open(model, &Device::Cpu)?;
    let samples = read(from, model.sample_rate())?;
    let before = spent();
    let source = model.embed(&samples)?;
    let target = model.embed(&read(voice, model.sample_rate())?)?;
    let embedded = spent();
    let options = Options::default();
    let made = model.convert(&samples, &source, &target, &options, |_| {
        ControlFlow::Continue(())
    })?;
    let seconds = samples.len() as f64 / f64::from(model.sample_rate());
    let (timbres, conversion) = (embedded - before, (spent() - embedded) / seconds);
    eprintln!("{timbres:.2} CPU s for both timbres, {conversion:.3} for a second of sound");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: model.sample_rate(),
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(to, spec)?;
    for sample in made {
        writer.write_sample((sample * 32_767.0) as i16)?;
    }
    Ok(writer.finalize()?)
}

fn read(path: &str, rate: u32) -> Result<Vec<f32>, Box<dyn Error>> {
    let mut reader = hound::WavReader::open(path)?;
    let spec = reader.spec();
    if spec.sample_rate != rate || spec.channels != 1 || spec.bits_per_sample != 16 {
        return Err(format!("{path}: not mono, 16 bits, {rate} Hz").into());
    }
    let samples = reader.samples::<i16>();
    let samples = samples.map(|s| s.map(|s| f32::from(s) / 32_768.0));
    Ok(samples.collect::<Result<_, _>>()?)
}

/// The processor time of this process so far in seconds: of user and system, in hundredths.
fn spent() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit(") ").next().unwrap_or_default().split(' ');
    let ticks: f64 = fields
        .skip(11)
        .take(2)
        .filter_map(|f| f.parse::<f64>().ok())
        .sum();
    ticks / 100.0
}
