//! Phones are found where they were spoken, and words that were not are noticed.

use candle_core::Device;
use kiskadee_pronunciation::PhoneToken;
use kiskadee_text::Language;
use kiskadee_trainer::alignment::{Alignment, Utterance, align, examples};
use kiskadee_voice::acoustic::{AcousticModel, SentenceKind};
use kiskadee_voice::analysis::analyze;
use kiskadee_voice::speaker::Moments;
use kiskadee_voice::{FRAME_SECONDS, VocoderFrames};

use crate::spoken::{Spoken, speak};

fn aligned(
    frames: &[VocoderFrames],
    said: &[Vec<PhoneToken>],
    language: Language,
) -> Vec<Option<Alignment>> {
    let model = AcousticModel::built_in(&Device::Cpu).unwrap();
    let moments: Vec<_> = frames
        .iter()
        .map(|f| Moments::measure(f).unwrap())
        .collect();
    let sentences: Vec<_> = said
        .iter()
        .map(|tokens| (tokens.as_slice(), SentenceKind::Statement))
        .collect();
    let pooled = Moments::pool(&moments).unwrap();
    let examples = examples(&model, &pooled, language, &sentences).unwrap();
    let utterances: Vec<_> = frames
        .iter()
        .zip(said)
        .map(|(frames, tokens)| Utterance { tokens, frames })
        .collect();
    align(&examples, &utterances)
}

fn heard(spoken: &[Spoken]) -> (Vec<VocoderFrames>, Vec<Vec<PhoneToken>>) {
    let frames = spoken.iter().map(|s| analyze(&s.samples)).collect();
    (frames, spoken.iter().map(|s| s.tokens.clone()).collect())
}

/// Ends of phones that are no silence, in ms.
fn ends(tokens: &[PhoneToken], durations: &[u32]) -> Vec<f32> {
    let mut end = 0;
    let ends = tokens.iter().zip(durations).map(|(token, frames)| {
        end += frames;
        (!token.phone.is_silence()).then_some(end as f32 * FRAME_SECONDS * 1000.0)
    });
    ends.flatten().collect()
}

#[test]
fn phones_are_found_in_both_languages_where_nobody_tells_the_pauses() {
    for (voice, language) in [("tico", Language::Portuguese), ("wren", Language::English)] {
        let spoken = speak(voice, language, 25);
        let (frames, mut said) = heard(&spoken);
        for tokens in &mut said {
            let last = tokens.len() - 1;
            let mut index = 0;
            tokens.retain(|token| {
                index += 1;
                index == 1 || index == last + 1 || !token.phone.is_silence()
            });
        }
        let mut errors: Vec<f32> = Vec::new();
        for (spoken, alignment) in spoken.iter().zip(aligned(&frames, &said, language)) {
            let alignment = alignment.unwrap();
            assert!(!alignment.is_outlier, "{}", spoken.text);
            let truth = ends(&spoken.tokens, &spoken.durations);
            let found = ends(&alignment.tokens, &alignment.durations);
            assert_eq!(truth.len(), found.len());
            errors.extend(truth.iter().zip(&found).map(|(a, b)| (a - b).abs()));
        }
        let mean = errors.iter().sum::<f32>() / errors.len() as f32;
        // The truth is where the model was told to put them, and speech moves from one phone to the next over 50 ms and more.
        assert!(mean < 22.0, "{voice}: {mean} ms");
    }
}

#[test]
fn frames_are_shared_out_whole_and_too_few_are_noticed() {
    let spoken = speak("sabia", Language::Portuguese, 6);
    let (mut frames, said) = heard(&spoken);
    frames[2] = VocoderFrames {
        f0: frames[2].f0[..20].to_vec(),
        mel_cepstrum: frames[2].mel_cepstrum[..20].to_vec(),
        strengths: frames[2].strengths[..20].to_vec(),
    };
    let moments: Vec<_> = frames.iter().flat_map(Moments::measure).collect();
    let model = AcousticModel::built_in(&Device::Cpu).unwrap();
    let sentences: Vec<_> = said
        .iter()
        .map(|tokens| (tokens.as_slice(), SentenceKind::Statement))
        .collect();
    let pooled = Moments::pool(&moments).unwrap();
    let examples = examples(&model, &pooled, Language::Portuguese, &sentences).unwrap();
    let utterances: Vec<_> = frames
        .iter()
        .zip(&said)
        .map(|(frames, tokens)| Utterance { tokens, frames })
        .collect();
    let found = align(&examples, &utterances);
    for (index, (alignment, frames)) in found.iter().zip(&frames).enumerate() {
        assert_eq!(alignment.is_none(), index == 2);
        let Some(alignment) = alignment else { continue };
        assert_eq!(
            alignment.durations.iter().sum::<u32>() as usize,
            frames.len()
        );
        assert_eq!(alignment.durations.len(), alignment.tokens.len());
    }
}

#[test]
fn swapped_words_are_marked_and_right_ones_are_not() {
    let spoken = speak("plover", Language::English, 30);
    let (frames, mut said) = heard(&spoken);
    said.swap(0, 1);
    said.swap(2, 3);
    let found = aligned(&frames, &said, Language::English);
    for (index, alignment) in found.iter().enumerate() {
        let is_marked = alignment
            .as_ref()
            .is_none_or(|alignment| alignment.is_outlier);
        assert_eq!(is_marked, index < 4, "{index}: {alignment:?}");
    }
}
