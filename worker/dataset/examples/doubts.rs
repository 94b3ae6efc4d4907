//! Measures the detectors of music, of two voices and of near copies on what the built-in voices say: `doubts [SENTENCES]`. Prints shares of
//! false alarms and of what was found.

use std::{env, error::Error, f32::consts::TAU};

use candle_core::Device;
use kiskadee_dataset::{
    Reason,
    measures::{Bounds, Measures, measure, near_copies, reasons},
};
use kiskadee_pronunciation::Pronouncer;
use kiskadee_text::{Language, normalize, prompts};
use kiskadee_voice::{
    SAMPLE_RATE,
    acoustic::{AcousticModel, SentenceKind, Utterance},
    vocoder::Vocoder,
};

const ENGLISH: [&str; 5] = ["heron", "wren", "grouse", "plover", "swift"];
const PORTUGUESE: [&str; 2] = ["sabia", "tico"];

type Said = (&'static str, Vec<Vec<f32>>);

fn main() -> Result<(), Box<dyn Error>> {
    let count = env::args().nth(1).map_or(Ok(60), |text| text.parse())?;
    let mut voices = spoken(Language::English, &ENGLISH, count)?;
    voices.extend(spoken(Language::Portuguese, &PORTUGUESE, count)?);
    let single: Vec<Measures> = all(voices.iter().flat_map(|(_, said)| said))?;
    tell("one voice", &single);
    for (name, said) in &voices {
        tell(&format!("  {name}"), &all(said.iter())?);
    }
    let twice: Vec<Vec<f32>> = voices
        .iter()
        .flat_map(|(_, said)| said.windows(2))
        .map(|said| join(&said[0], &said[1]))
        .collect();
    tell("one voice, two sentences", &all(twice.iter())?);
    let mut joined = Vec::new();
    for (one, first) in &voices {
        for (_, second) in voices.iter().filter(|(other, _)| other != one) {
            let both = first.iter().zip(second.iter().skip(1)).take(10);
            let both: Vec<Vec<f32>> = both.map(|(a, b)| join(a, b)).collect();
            let measured = all(both.iter())?;
            joined.extend(measured);
        }
    }
    tell("two voices", &joined);
    let chords: Vec<Vec<f32>> = (0..40).map(|number| chord(number, 4.0)).collect();
    tell("chords", &all(chords.iter())?);
    for level in [0.3, 0.1, 0.03] {
        let under: Vec<Vec<f32>> = voices
            .iter()
            .flat_map(|(_, said)| said.iter().take(10))
            .enumerate()
            .map(|(number, said)| mixed(said, number, level))
            .collect();
        tell(
            &format!("speech over chords at {level}"),
            &all(under.iter())?,
        );
    }
    copies(&voices)
}

fn copies(voices: &[Said]) -> Result<(), Box<dyn Error>> {
    let originals: Vec<Vec<f32>> = voices.iter().flat_map(|(_, said)| said.clone()).collect();
    let changed: Vec<Vec<f32>> = originals.iter().map(|said| changed(said)).collect();
    let both = all(originals.iter().chain(&changed))?;
    let prints: Vec<_> = both.iter().map(|one| one.fingerprint.as_ref()).collect();
    let found = near_copies(&prints);
    let share =
        |found: &[bool]| 100.0 * found.iter().filter(|is| **is).count() as f64 / found.len() as f64;
    let (false_ones, true_ones) = found.split_at(originals.len());
    println!(
        "copies: {:.1} % of originals, {:.1} % of copies",
        share(false_ones),
        share(true_ones)
    );
    Ok(())
}

/// With a pause of 0.3 s between them.
fn join(first: &[f32], second: &[f32]) -> Vec<f32> {
    let pause = vec![0.0; 4800];
    [first, &pause, second].concat()
}

/// Cut elsewhere, quieter, through 11 kHz, with noise 25 dB below.
fn changed(said: &[f32]) -> Vec<f32> {
    let lower = kiskadee_dsp::resample(&said[1111..], SAMPLE_RATE, 11_025).unwrap_or_default();
    let again = kiskadee_dsp::resample(&lower, 11_025, SAMPLE_RATE).unwrap_or_default();
    let power = again.iter().map(|sample| sample * sample).sum::<f32>() / again.len() as f32;
    let noise = power.sqrt() * 0.056 * 1.73;
    let mut seed = 7_u32;
    let loud = |sample: f32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let draw = (seed >> 8) as f32 / 8_388_608.0 - 1.0;
        (sample + draw * noise) * 0.4
    };
    again.into_iter().map(loud).collect()
}

fn chord(number: usize, seconds: f32) -> Vec<f32> {
    let root = 130.0 * 2.0_f32.powf((number % 12) as f32 / 12.0);
    let samples = (seconds * SAMPLE_RATE as f32) as usize;
    (0..samples)
        .map(|place| {
            let time = place as f32 / SAMPLE_RATE as f32;
            // A new chord every second, that dies away as a plucked string does.
            let turn = [1.0, 1.335, 1.498, 1.125][(time as usize) % 4];
            let dying = (-1.2 * time.fract()).exp();
            let notes = [1.0, 1.26, 1.498];
            let note = |note: f32| {
                let pitch = root * turn * note;
                (1..5)
                    .map(|partial| (TAU * pitch * partial as f32 * time).sin() / partial as f32)
                    .sum::<f32>()
            };
            0.1 * dying * notes.map(note).iter().sum::<f32>()
        })
        .collect()
}

fn mixed(said: &[f32], number: usize, level: f32) -> Vec<f32> {
    let music = chord(number, said.len() as f32 / SAMPLE_RATE as f32 + 1.0);
    said.iter()
        .zip(music)
        .map(|(said, music)| said + 2.0 * level * music)
        .collect()
}

fn all<'a>(samples: impl Iterator<Item = &'a Vec<f32>>) -> Result<Vec<Measures>, Box<dyn Error>> {
    let measured = samples.map(|samples| measure(samples, SAMPLE_RATE));
    Ok(measured.collect::<Result<_, _>>()?)
}

fn tell(name: &str, measured: &[Measures]) {
    let share = |reason: Reason| {
        let has = |one: &&Measures| {
            reasons(one, Some("x"), &Bounds::default())
                .iter()
                .any(|found| found.reason == reason)
        };
        100.0 * measured.iter().filter(has).count() as f64 / measured.len() as f64
    };
    let spread = |figure: fn(&Measures) -> f64| {
        let mut figures: Vec<f64> = measured.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        let at = |share: f64| figures[((figures.len() - 1) as f64 * share) as usize];
        format!(
            "{:.2} {:.2} {:.2} {:.2} {:.2}",
            at(0.02),
            at(0.1),
            at(0.5),
            at(0.9),
            at(0.98)
        )
    };
    println!(
        "{name} ({}): music {:.1} % [{}], two speakers {:.1} % [{}]",
        measured.len(),
        share(Reason::Music),
        spread(|one| one.steady_percent.unwrap_or_default()),
        share(Reason::TwoSpeakers),
        spread(|one| one.voice.as_ref().map_or(0.0, |voice| voice.two_voices)),
    );
}

fn spoken(
    language: Language,
    names: &[&'static str],
    count: usize,
) -> Result<Vec<Said>, Box<dyn Error>> {
    let model = AcousticModel::built_in(&Device::Cpu)?;
    let pronouncer = Pronouncer::built_in(language)?;
    let mut voices = Vec::new();
    for (number, name) in names.iter().enumerate() {
        let speaker = model.voice(name)?.speaker()?;
        let mut said = Vec::new();
        // Other sentences for each voice, so that none sounds like another.
        for text in prompts(language).skip(number * count).take(count) {
            let [sentence] = &normalize(text, language)[..] else {
                continue;
            };
            let tokens = pronouncer.pronounce(sentence)?;
            let utterance = Utterance {
                tokens: &tokens,
                language,
                kind: SentenceKind::Statement,
                speaker,
                rate: 1.0,
                pitch_shift: 0.0,
                controls: &[],
            };
            let frames = model.synthesize(&[utterance])?.remove(0).frames;
            said.push(Vocoder::new().synthesize(&frames));
        }
        voices.push((*name, said));
    }
    Ok(voices)
}
