//! How far the aligner is from known times: `NAME.seg` (lines of phone, end in seconds, stress and word, as flite tells them) and `NAME.wav`
//! (16 kHz, mono, 16 bits) in a folder.
//!
//! `cargo run --release -p kiskadee-trainer --example alignment -- DIR [--without-pauses] [--swap N]`
//!
//! `--without-pauses` hides from the aligner where the pauses are; `--swap N` gives the first N utterances each other's words.

use std::{error::Error, fs, path::Path};

use candle_core::Device;
use kiskadee_pronunciation::{Phone, PhoneToken, Stress};
use kiskadee_text::Language;
use kiskadee_trainer::alignment::{Alignment, Utterance, align, examples};
use kiskadee_voice::acoustic::{AcousticModel, SentenceKind};
use kiskadee_voice::speaker::Moments;
use kiskadee_voice::{FRAME_SECONDS, VocoderFrames, analysis::analyze};

struct Known {
    tokens: Vec<PhoneToken>,
    /// Seconds
    ends: Vec<f32>,
    frames: VocoderFrames,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = arguments.first().ok_or("give a folder")?;
    let has = |option: &str| arguments.iter().position(|argument| argument == option);
    let swapped = has("--swap").and_then(|at| arguments.get(at + 1)?.parse().ok());
    let known = read_all(Path::new(folder))?;
    let mut said: Vec<Vec<PhoneToken>> = known.iter().map(|k| k.tokens.clone()).collect();
    if has("--without-pauses").is_some() {
        said.iter_mut().for_each(hide_pauses);
    }
    let swapped: usize = swapped.unwrap_or(0);
    for pair in said[..swapped].chunks_exact_mut(2) {
        let (left, right) = pair.split_at_mut(1);
        std::mem::swap(&mut left[0], &mut right[0]);
    }
    let started = cpu_seconds()?;
    let found = find(&known, &said)?;
    report(&known, &found, swapped);
    println!("{:.1} CPU s", cpu_seconds()? - started);
    Ok(())
}

fn find(
    known: &[Known],
    said: &[Vec<PhoneToken>],
) -> Result<Vec<Option<Alignment>>, Box<dyn Error>> {
    let model = AcousticModel::built_in(&Device::Cpu)?;
    let moments = known.iter().map(|known| Moments::measure(&known.frames));
    let moments = Moments::pool(&moments.collect::<Result<Vec<_>, _>>()?).ok_or("no recordings")?;
    let sentences: Vec<(&[PhoneToken], SentenceKind)> = said
        .iter()
        .map(|tokens| (tokens.as_slice(), SentenceKind::Statement))
        .collect();
    let examples = examples(&model, &moments, Language::English, &sentences)?;
    let utterances: Vec<Utterance<'_>> = known
        .iter()
        .zip(said)
        .map(|(known, tokens)| Utterance {
            tokens,
            frames: &known.frames,
        })
        .collect();
    Ok(align(&examples, &utterances))
}

fn read_all(folder: &Path) -> Result<Vec<Known>, Box<dyn Error>> {
    let mut paths: Vec<_> = fs::read_dir(folder)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()?;
    paths.sort();
    let segments = paths
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "seg"));
    segments.map(|path| read(path)).collect()
}

fn read(path: &Path) -> Result<Known, Box<dyn Error>> {
    let (mut tokens, mut ends) = (Vec::new(), Vec::new());
    for line in fs::read_to_string(path)?.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, end, stress, word, ..] = fields[..] else {
            return Err(format!("{}: {line}", path.display()).into());
        };
        tokens.push(PhoneToken {
            phone: Phone::named(Language::English, name).ok_or(name)?,
            stress: if stress == "1" {
                Stress::Primary
            } else {
                Stress::None
            },
            word: word.parse().ok(),
            seconds: None,
        });
        ends.push(end.parse()?);
    }
    let samples: Vec<f32> = hound::WavReader::open(path.with_extension("wav"))?
        .samples::<i16>()
        .map(|sample| Ok(f32::from(sample?) / 32768.0))
        .collect::<Result<_, hound::Error>>()?;
    Ok(Known {
        tokens,
        ends,
        frames: analyze(&samples),
    })
}

fn hide_pauses(tokens: &mut Vec<PhoneToken>) {
    let last = tokens.len() - 1;
    let mut index = 0;
    tokens.retain(|token| {
        index += 1;
        index == 1 || index == last + 1 || !token.phone.is_silence()
    });
}

fn report(known: &[Known], found: &[Option<Alignment>], swapped: usize) {
    let mut errors: Vec<f32> = Vec::new();
    for (known, alignment) in known.iter().zip(found).skip(swapped) {
        let Some(alignment) = alignment else {
            println!("an utterance was not aligned");
            continue;
        };
        let truth = known.tokens.iter().zip(&known.ends);
        let truth = truth.filter(|(token, _)| !token.phone.is_silence());
        let mut end = 0;
        let ours = alignment
            .tokens
            .iter()
            .zip(&alignment.durations)
            .filter_map(|(token, frames)| {
                end += frames;
                (!token.phone.is_silence()).then_some(end as f32 * FRAME_SECONDS)
            });
        errors.extend(
            truth
                .zip(ours)
                .map(|((_, truth), ours)| (truth - ours).abs() * 1000.0),
        );
    }
    errors.sort_by(f32::total_cmp);
    let within =
        |ms: f32| 100.0 * errors.iter().filter(|e| **e <= ms).count() as f32 / errors.len() as f32;
    println!(
        "{} phones: mean {:.1} ms, median {:.1} ms, {:.1} % within 20 ms, {:.1} % within 50 ms",
        errors.len(),
        errors.iter().sum::<f32>() / errors.len() as f32,
        errors[errors.len() / 2],
        within(20.0),
        within(50.0)
    );
    let marked = |range: &[Option<Alignment>]| {
        range
            .iter()
            .filter(|a| a.as_ref().is_none_or(|a| a.is_outlier))
            .count()
    };
    println!(
        "marked: {} of {swapped} swapped, {} of {} others",
        marked(&found[..swapped]),
        marked(&found[swapped..]),
        found.len() - swapped
    );
}

/// Of this process.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let told = fs::read_to_string("/proc/self/stat")?;
    let fields = told.rsplit(") ").next().ok_or("no fields")?;
    let user: f64 = fields.split(' ').nth(11).ok_or("no time")?.parse()?;
    Ok(user / 100.0)
}
