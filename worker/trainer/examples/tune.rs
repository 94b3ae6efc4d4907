//! Tunes the embedded voice to recordings and says how near it comes: `metadata.csv` (lines of `id|text`) and `ID.wav` (16 kHz, mono, 16 bits) in
//! a folder. The results are checkpoints and `tuned.safetensors`.
//!
//! `cargo run --release -p kiskadee-trainer --example tune -- DIR OUT [--minutes 10] [--language pt-br]`

use std::{error::Error, fs, path::Path, sync::atomic::AtomicBool};

use candle_core::Device;
use kiskadee_text::Language;
use kiskadee_trainer::corpus::{Recording, Speaker};
use kiskadee_trainer::evaluation::{evaluate, speak_like};
use kiskadee_trainer::training::train;
use kiskadee_trainer::tuning::{
    Clip, HELD_OUT_SHARE, Outcome, options, prepare, recipe, speakers, tuned_voice,
};
use kiskadee_voice::acoustic::{AcousticModel, BUILT_IN};
use kiskadee_voice::speaker::Warp;
use kiskadee_voice::{MEL_CEPSTRUM, SAMPLE_RATE};

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, out, ..] = &arguments[..] else {
        return Err("give a folder of recordings and one for results".into());
    };
    let option = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)
    };
    let minutes: f32 = option("--minutes").map_or(Ok(10.0), |m| m.parse())?;
    let tag = option("--language").map_or("en", String::as_str);
    let language = Language::from_tag(tag).ok_or("nobody speaks that language")?;
    let out = Path::new(out);
    fs::create_dir_all(out)?;
    tune(&read(Path::new(folder), minutes)?, language, out)
}

fn tune(clips: &[(String, Vec<f32>)], language: Language, out: &Path) -> Result<(), Failure> {
    let started = cpu_seconds()?;
    let clips: Vec<Clip<'_>> = clips
        .iter()
        .map(|(text, samples)| Clip { text, samples })
        .collect();
    let prepared = prepare(&clips, language, HELD_OUT_SHARE)?;
    let used = prepared
        .outcomes
        .iter()
        .filter(|o| matches!(o, Outcome::Aligned { .. }))
        .count();
    let prepared_at = cpu_seconds()?;
    println!(
        "{used} of {} clips, {:.0} s of speech, {} sentences to train with, {} held out; prepared in {:.1} CPU s",
        clips.len(),
        prepared.seconds,
        prepared.training.recordings.len(),
        prepared.held_out.recordings.len(),
        prepared_at - started
    );
    let speakers = speakers(&prepared)?;
    let sentences: usize = speakers
        .iter()
        .map(|speaker| speaker.recordings.len())
        .sum();
    let recipe = recipe(sentences, 1);
    let rehearsed = sentences - prepared.training.recordings.len();
    println!(
        "{} steps, {rehearsed} sentences are rehearsed",
        recipe.steps
    );
    let run = options(recipe.clone(), out.to_owned(), Device::Cpu);
    let never = AtomicBool::new(false);
    let trained = train(&speakers, &run, &never, &mut |progress| {
        println!("{progress}");
    })?;
    let weights = tuned_voice(&trained, &recipe, &prepared.training)?;
    fs::write(out.join("tuned.safetensors"), &weights)?;
    let now = cpu_seconds()?;
    println!(
        "trained in {:.1} CPU s; in all {:.1}",
        now - prepared_at,
        now - started
    );
    for (name, weights) in [("matched", BUILT_IN), ("tuned", &weights)] {
        report(name, weights, &prepared.training, &prepared.held_out)?;
    }
    Ok(())
}

fn report(
    name: &str,
    weights: &[u8],
    training: &Speaker,
    held_out: &Speaker,
) -> Result<(), Failure> {
    // Who is described by all recordings, as a matched voice would be.
    let described = Speaker {
        pooled: training.pooled.clone(),
        ..held_out.clone()
    };
    for evaluation in evaluate(weights, &[described])? {
        println!("{name}: {evaluation}");
    }
    let model = AcousticModel::load(weights, &Device::Cpu)?;
    let voice = model.match_moments(&training.pooled, &Warp::new(0.0))?;
    let (mut theirs, mut ours) = (Spectrum::default(), Spectrum::default());
    for recording in &held_out.recordings {
        let spoken = speak_like(&model, recording, held_out.language, voice)?;
        theirs.add(
            recording,
            &recording.frames.mel_cepstrum,
            &recording.frames.f0,
        );
        ours.add(recording, &spoken.frames.mel_cepstrum, &spoken.frames.f0);
    }
    println!(
        "{name}: long-term spectrum {:.2} dB from the speaker's, median f0 {:.1} Hz of {:.1} Hz",
        ours.distance(&theirs),
        ours.median(),
        theirs.median()
    );
    Ok(())
}

/// The mean spectrum of speech, and the pitches.
#[derive(Default)]
struct Spectrum {
    sum: [f64; MEL_CEPSTRUM],
    frames: f64,
    pitches: Vec<f32>,
}

impl Spectrum {
    fn add(&mut self, recording: &Recording, cepstrum: &[[f32; MEL_CEPSTRUM]], f0: &[f32]) {
        for frame in recording
            .speech_frames()
            .filter(|frame| *frame < cepstrum.len())
        {
            self.frames += 1.0;
            let pairs = self.sum.iter_mut().zip(&cepstrum[frame]);
            pairs.for_each(|(sum, value)| *sum += f64::from(*value));
            self.pitches.extend(Some(f0[frame]).filter(|f0| *f0 > 0.0));
        }
    }

    /// The mel-cepstral distortion of the means, in dB.
    fn distance(&self, other: &Self) -> f64 {
        let means = self.sum.iter().zip(&other.sum).skip(1);
        let squares = means.map(|(a, b)| (a / self.frames - b / other.frames).powi(2));
        10.0 / std::f64::consts::LN_10 * (2.0 * squares.sum::<f64>()).sqrt()
    }

    fn median(&self) -> f32 {
        let mut pitches = self.pitches.clone();
        pitches.sort_by(f32::total_cmp);
        pitches.get(pitches.len() / 2).copied().unwrap_or_default()
    }
}

/// The first minutes of the folder.
fn read(folder: &Path, minutes: f32) -> Result<Vec<(String, Vec<f32>)>, Failure> {
    let (mut clips, mut left) = (Vec::new(), minutes * 60.0);
    for line in fs::read_to_string(folder.join("metadata.csv"))?.lines() {
        let (id, text) = line
            .split_once('|')
            .ok_or("a line of metadata.csv has no |")?;
        let samples: Vec<f32> = hound::WavReader::open(folder.join(format!("{id}.wav")))?
            .samples::<i16>()
            .map(|sample| Ok(f32::from(sample?) / 32768.0))
            .collect::<Result<_, hound::Error>>()?;
        left -= samples.len() as f32 / SAMPLE_RATE as f32;
        clips.push((text.to_owned(), samples));
        if left <= 0.0 {
            break;
        }
    }
    Ok(clips)
}

/// Of this process, in user mode.
fn cpu_seconds() -> Result<f64, Failure> {
    let told = fs::read_to_string("/proc/self/stat")?;
    let fields = told.rsplit(") ").next().ok_or("no fields")?;
    let ticks: f64 = fields.split(' ').nth(11).ok_or("no time")?.parse()?;
    Ok(ticks / 100.0)
}
