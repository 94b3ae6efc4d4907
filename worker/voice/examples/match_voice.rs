//! A recording in another voice: `match_voice IN.wav VOICE OUT.wav [--similarity 0..1] [--pitch SEMITONES]`. VOICE is a built-in voice, or a WAV file of someone.

use std::{error::Error, ops::ControlFlow, path::Path, time::Instant};

use candle_core::Device;
use kiskadee_text::Language;
use kiskadee_voice::{
    SAMPLE_RATE, Synthesizer,
    analysis::analyze_reference,
    matching::{Options, Pitch, match_recording, profile_of},
    resample::resample,
    speaker::Moments,
};

fn main() -> Result<(), Box<dyn Error>> {
    let (mut options, mut paths) = (Options::default(), Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || {
            arguments
                .next()
                .ok_or("a number is missing")?
                .parse::<f32>()
                .map_err(Box::<dyn Error>::from)
        };
        match argument.as_str() {
            "--similarity" => options.similarity = number()?,
            "--pitch" => options.pitch = Pitch::Semitones(number()?),
            _ => paths.push(argument),
        }
    }
    let [from, voice, to] = paths.as_slice() else {
        return Err(
            "usage: match_voice IN.wav VOICE OUT.wav [--similarity 0..1] [--pitch SEMITONES]"
                .into(),
        );
    };
    let samples = read(from)?;
    let target = target(voice)?;
    let start = Instant::now();
    let (made, report) = match_recording(&samples, &target, &options, |progress| {
        eprint!("\r{} %", 100 * progress.done / progress.all.max(1));
        ControlFlow::Continue(())
    })?;
    eprintln!("\r{}", serde_json::to_string_pretty(&report)?);
    eprintln!(
        "{:.4} s for a second",
        start.elapsed().as_secs_f64() / report.seconds
    );
    write(to, &made)
}

fn target(voice: &str) -> Result<Moments, Box<dyn Error>> {
    if Path::new(voice)
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("wav"))
    {
        let frames = analyze_reference(&read(voice)?, SAMPLE_RATE)?;
        return Ok(Moments::measure(&frames)?);
    }
    let synthesizer = Synthesizer::built_in(&Device::Cpu)?;
    let voice = synthesizer.model().voice(voice)?;
    let language = Language::from_tag(&voice.language).ok_or("the voice has no language")?;
    let start = Instant::now();
    let profile = profile_of(&synthesizer, voice.speaker()?, language)?;
    eprintln!(
        "measured the voice in {:.2} s",
        start.elapsed().as_secs_f64()
    );
    Ok(profile.moments().clone())
}

/// Mono at 16 kHz.
fn read(path: &str) -> Result<Vec<f32>, Box<dyn Error>> {
    let mut reader = hound::WavReader::open(path)?;
    let spec = reader.spec();
    let samples = match spec.sample_format {
        hound::SampleFormat::Float => reader.samples::<f32>().collect::<Result<Vec<_>, _>>()?,
        hound::SampleFormat::Int => {
            let scale = 0.5f32.powi(i32::from(spec.bits_per_sample) - 1);
            let samples = reader.samples::<i32>().map(|s| s.map(|s| s as f32 * scale));
            samples.collect::<Result<Vec<_>, _>>()?
        }
    };
    let channels = usize::from(spec.channels.max(1));
    let mono: Vec<f32> = samples
        .chunks(channels)
        .map(|all| all.iter().sum::<f32>() / channels as f32)
        .collect();
    Ok(resample(&mono, spec.sample_rate, SAMPLE_RATE)?)
}

fn write(path: &str, samples: &[f32]) -> Result<(), Box<dyn Error>> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec)?;
    for sample in samples {
        writer.write_sample((sample * 32_767.0) as i16)?;
    }
    Ok(writer.finalize()?)
}
