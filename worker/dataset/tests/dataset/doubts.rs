//! Music, two voices and near copies, on what built-in voices say.

use std::f32::consts::TAU;

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

/// Sentences of a voice, from one on.
fn spoken(voice: &str, first: usize, count: usize) -> Vec<Vec<f32>> {
    let model = AcousticModel::built_in(&Device::Cpu).unwrap();
    let speaker = model.voice(voice).unwrap().speaker().unwrap();
    let pronouncer = Pronouncer::built_in(Language::English).unwrap();
    let said = prompts(Language::English).skip(first).filter_map(|text| {
        let [sentence] = &normalize(text, Language::English)[..] else {
            return None;
        };
        let tokens = pronouncer.pronounce(sentence).unwrap();
        let utterance = Utterance {
            tokens: &tokens,
            language: Language::English,
            kind: SentenceKind::Statement,
            speaker,
            rate: 1.0,
            pitch_shift: 0.0,
            controls: &[],
        };
        let frames = model.synthesize(&[utterance]).unwrap().remove(0).frames;
        Some(Vocoder::new().synthesize(&frames))
    });
    said.take(count).collect()
}

fn doubts(samples: &[f32]) -> (Measures, Vec<Reason>) {
    let measures = measure(samples, SAMPLE_RATE).unwrap();
    let found = reasons(&measures, Some("Some words are said."), &Bounds::default());
    let doubts = [Reason::Music, Reason::TwoSpeakers];
    let found = found.into_iter().map(|finding| finding.reason);
    (
        measures,
        found.filter(|reason| doubts.contains(reason)).collect(),
    )
}

fn chord(samples: usize) -> impl Iterator<Item = f32> {
    (0..samples).map(|place| {
        let time = place as f32 / SAMPLE_RATE as f32;
        let notes = [220.0, 277.2, 329.6, 440.0];
        0.05 * notes
            .map(|hertz| (TAU * hertz * time).sin())
            .iter()
            .sum::<f32>()
    })
}

#[test]
fn two_voices_and_music_are_marked_and_one_voice_is_not() {
    let (heron, wren) = (spoken("heron", 0, 6), spoken("wren", 20, 6));
    for said in heron.iter().chain(&wren) {
        let (measures, doubts) = doubts(said);
        assert_eq!(doubts, [], "{measures:?}");
    }
    for pair in heron.windows(2).chain(wren.windows(2)) {
        let (measures, doubts) = doubts(&pair.concat());
        assert_eq!(doubts, [], "{measures:?}");
    }
    let mut found = 0;
    for (one, other) in heron.windows(2).zip(wren.windows(2)) {
        let both = [one.concat(), other.concat()].concat();
        found += usize::from(doubts(&both).1.contains(&Reason::TwoSpeakers));
    }
    assert!(found >= 4, "two voices were found in {found} of 5");
    for said in &heron {
        let played: Vec<f32> = said
            .iter()
            .zip(chord(said.len()))
            .map(|(a, b)| a + b)
            .collect();
        let (measures, doubts) = doubts(&played);
        assert!(doubts.contains(&Reason::Music), "{measures:?}");
    }
    let alone: Vec<f32> = chord(48_000).collect();
    assert!(doubts(&alone).1.contains(&Reason::Music));
}

#[test]
fn a_copy_is_known_although_it_was_changed() {
    let originals = spoken("swift", 0, 8);
    let copies = originals.iter().map(|said| {
        let lower = kiskadee_dsp::resample(&said[700..], SAMPLE_RATE, 11_025).unwrap();
        let lower = kiskadee_dsp::resample(&lower, 11_025, 22_050).unwrap();
        let quieter: Vec<f32> = lower.iter().map(|sample| sample * 0.3).collect();
        measure(&quieter, 22_050).unwrap()
    });
    let measured: Vec<Measures> = originals
        .iter()
        .map(|said| measure(said, SAMPLE_RATE).unwrap())
        .chain(copies)
        .collect();
    let prints: Vec<_> = measured
        .iter()
        .map(|one| one.fingerprint.as_ref())
        .collect();
    let found = near_copies(&prints);
    let (originals, copies) = found.split_at(8);
    assert_eq!(originals, [false; 8]);
    assert!(copies.iter().filter(|is| **is).count() >= 7, "{copies:?}");
    // Another voice with the same words is no copy.
    let other = spoken("wren", 0, 8);
    let other: Vec<_> = other
        .iter()
        .map(|said| measure(said, SAMPLE_RATE).unwrap())
        .collect();
    let both = measured[..8].iter().chain(&other);
    let found = near_copies(&both.map(|one| one.fingerprint.as_ref()).collect::<Vec<_>>());
    assert_eq!(found, [false; 16]);
}
