//! Speaks a line of Kokoro's phones: `kokoro_speak FOLDER VOICE PHONES OUT.wav`. FOLDER holds `config.json`, `model.safetensors` and
//! `voices.safetensors`.

use std::{path::Path, process::ExitCode};

use candle_core::Device;
use kiskadee_kokoro::{Kokoro, SAMPLE_RATE, Styles, Utterance};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, voice, phones, output] = arguments.as_slice() else {
        eprintln!("usage: kokoro_speak FOLDER VOICE PHONES OUT.wav");
        return ExitCode::from(2);
    };
    match speak(Path::new(folder), voice, phones, Path::new(output)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn speak(
    folder: &Path,
    voice: &str,
    phones: &str,
    output: &Path,
) -> Result<(), Box<dyn std::error::Error>> {
    let model = Kokoro::load(folder, &Device::Cpu)?;
    let style = Styles::open(&folder.join("voices.safetensors"))?.get(voice)?;
    let vocabulary = &model.config().vocab;
    let id = |symbol: char| vocabulary.get(&symbol.to_string()).copied();
    let ids: Vec<u32> = phones.chars().filter_map(id).collect();
    let speech = model.speak(&Utterance {
        ids: &ids,
        style: style.row(ids.len()),
        speed: 1.0,
        factors: &[],
        seed: 1,
    })?;
    let mut wave = hound::WavWriter::create(
        output,
        hound::WavSpec {
            channels: 1,
            sample_rate: SAMPLE_RATE,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        },
    )?;
    for sample in &speech.samples {
        wave.write_sample((sample.clamp(-1.0, 1.0) * 32_767.0) as i16)?;
    }
    wave.finalize()?;
    println!("frames per token: {:?}", speech.frames);
    Ok(())
}
