//! A recording in another voice: `match_voice IN.wav VOICE OUT.wav [--similarity 0..1] [--pitch SEMITONES]`. VOICE is a built-in voice, or a WAV file of someone.
//! IN is read twice and never held as a whole.

use std::{error::Error, fs::File, io::BufReader, path::Path, time::Instant};

use candle_core::Device;
use hound::{SampleFormat, WavReader, WavSpec, WavWriter};
use kiskadee_text::Language;
use kiskadee_voice::{
    SAMPLE_RATE, Synthesizer,
    analysis::analyze_reference,
    matching::{Listener, Matcher, Options, Pitch, profile_of},
    resample::Resampler,
    speaker::Moments,
};

/// Samples of all channels that are read at once.
const PIECE: usize = 65_536;

fn main() -> Result<(), Box<dyn Error>> {
    let (mut options, mut paths) = (Options::default(), Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || -> Result<f32, Box<dyn Error>> {
            let number = arguments.next().ok_or("a number is missing")?;
            Ok(number.parse()?)
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
    convert(from, &target(voice)?, &options, to)
}

fn convert(
    from: &str,
    target: &Moments,
    options: &Options,
    to: &str,
) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let mut listener = Listener::new();
    read(from, |samples| Ok(listener.push(samples)?))?;
    let mut matcher = Matcher::new(listener.finish()?, target, options)?;
    let spec = WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let mut writer = WavWriter::create(to, spec)?;
    let mut write = |samples: Vec<f32>| -> Result<(), Box<dyn Error>> {
        for sample in samples {
            writer.write_sample((sample * 32_767.0) as i16)?;
        }
        Ok(())
    };
    read(from, |samples| write(matcher.push(samples)?))?;
    let (last, report) = matcher.finish();
    write(last)?;
    writer.finalize()?;
    eprintln!("{}", serde_json::to_string_pretty(&report)?);
    let cost = start.elapsed().as_secs_f64() / report.seconds;
    eprintln!("{cost:.4} s for a second");
    Ok(())
}

fn target(voice: &str) -> Result<Moments, Box<dyn Error>> {
    if Path::new(voice)
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("wav"))
    {
        let mut samples = Vec::new();
        read(voice, |piece| {
            samples.extend_from_slice(piece);
            Ok(())
        })?;
        return Ok(Moments::measure(&analyze_reference(
            &samples,
            SAMPLE_RATE,
        )?)?);
    }
    let synthesizer = Synthesizer::built_in(&Device::Cpu)?;
    let voice = synthesizer.model().voice(voice)?;
    let language = Language::from_tag(&voice.language).ok_or("the voice has no language")?;
    let start = Instant::now();
    let profile = profile_of(&synthesizer, voice.speaker()?, language)?;
    let seconds = start.elapsed().as_secs_f64();
    eprintln!("measured the voice in {seconds:.2} s");
    Ok(profile.moments().clone())
}

/// Gives all samples, mono at 16 kHz, piece by piece.
fn read(
    path: &str,
    mut give: impl FnMut(&[f32]) -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let mut reader = WavReader::open(path)?;
    let channels = usize::from(reader.spec().channels.max(1));
    let mut resampler = Resampler::new(reader.spec().sample_rate, SAMPLE_RATE)?;
    loop {
        let piece = next(&mut reader, PIECE / channels * channels)?;
        if piece.is_empty() {
            return give(&resampler.finish()?);
        }
        let mono = piece.chunks(channels);
        let mono: Vec<f32> = mono
            .map(|all| all.iter().sum::<f32>() / channels as f32)
            .collect();
        give(&resampler.push(&mono)?)?;
    }
}

fn next(reader: &mut WavReader<BufReader<File>>, count: usize) -> Result<Vec<f32>, hound::Error> {
    let spec = reader.spec();
    if spec.sample_format == SampleFormat::Float {
        return reader.samples::<f32>().take(count).collect();
    }
    let scale = 0.5f32.powi(i32::from(spec.bits_per_sample) - 1);
    let samples = reader.samples::<i32>().take(count);
    samples.map(|s| s.map(|s| s as f32 * scale)).collect()
}
