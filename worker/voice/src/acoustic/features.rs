//! What the network reads: each phone's features, and each frame's place in its phone.

use std::f32::consts::PI;
use std::ops::Range;

use kiskadee_text::Language;

use kiskadee_pronunciation::{PhoneToken, Stress};

/// Room for phones in the one-hot part, so that the inventory can grow without new shapes.
const PHONES: usize = 128;
const LANGUAGES: usize = 8;
const KINDS: usize = 4;
/// Place in the phrase and in the sentence.
const PLACES: usize = 7;

const STRESS_AT: usize = PHONES;
const EDGE_AT: usize = STRESS_AT + 3;
const LANGUAGE_AT: usize = EDGE_AT + 2;
const KIND_AT: usize = LANGUAGE_AT + LANGUAGES;
const PLACE_AT: usize = KIND_AT + KINDS;

/// Features of a phone.
pub const PHONE_FEATURES: usize = PLACE_AT + PLACES;
/// Features of a frame.
pub const FRAME_FEATURES: usize = 12;

/// How a sentence ends, which its melody depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SentenceKind {
    #[default]
    Statement,
    Question,
    Exclamation,
}

/// `[tokens][PHONE_FEATURES]`, row by row.
pub fn phone_features(tokens: &[PhoneToken], language: Language, kind: SentenceKind) -> Vec<f32> {
    let mut rows = vec![0f32; tokens.len() * PHONE_FEATURES];
    for (index, row) in rows.chunks_exact_mut(PHONE_FEATURES).enumerate() {
        let token = tokens[index];
        row[usize::from(token.phone.0) % PHONES] = 1.0;
        row[STRESS_AT + stress_index(token.stress)] = 1.0;
        let differs = |other: Option<&PhoneToken>| {
            f32::from(token.word.is_some() && other.is_none_or(|o| o.word != token.word))
        };
        row[EDGE_AT] = differs(index.checked_sub(1).and_then(|i| tokens.get(i)));
        row[EDGE_AT + 1] = differs(tokens.get(index + 1));
        row[LANGUAGE_AT + language as usize] = 1.0;
        row[KIND_AT + kind as usize] = 1.0;
    }
    add_places(tokens, &mut rows);
    rows
}

fn stress_index(stress: Stress) -> usize {
    match stress {
        Stress::None => 0,
        Stress::Primary => 1,
        Stress::Secondary => 2,
    }
}

/// Where each phone is in its phrase, the stretch between two silences, and where the phrase is in the sentence.
fn add_places(tokens: &[PhoneToken], rows: &mut [f32]) {
    let phrases = phrases(tokens);
    let words = |range: &[PhoneToken]| {
        let starts = range
            .windows(2)
            .filter(|pair| pair[0].word != pair[1].word)
            .count();
        (starts as f32 / 6.0).min(1.5)
    };
    for (number, phrase) in phrases.iter().enumerate() {
        let length = phrase.len() as f32;
        for index in phrase.clone() {
            let done = (index - phrase.start) as f32;
            let places = [
                (done + 0.5) / length,
                (done / 20.0).min(1.5),
                ((length - 1.0 - done) / 20.0).min(1.5),
                words(&tokens[phrase.start..=index]),
                words(&tokens[index..phrase.end]),
                f32::from(number == 0),
                f32::from(number + 1 == phrases.len()),
            ];
            rows[index * PHONE_FEATURES + PLACE_AT..][..PLACES].copy_from_slice(&places);
        }
    }
}

fn phrases(tokens: &[PhoneToken]) -> Vec<Range<usize>> {
    let mut phrases: Vec<Range<usize>> = Vec::new();
    for (index, _) in tokens
        .iter()
        .enumerate()
        .filter(|(_, token)| !token.phone.is_silence())
    {
        match phrases.last_mut() {
            Some(phrase) if phrase.end == index => phrase.end += 1,
            _ => phrases.push(index..index + 1),
        }
    }
    phrases
}

/// `[frames][FRAME_FEATURES]`, row by row, for phones of `durations` frames.
pub fn frame_features(durations: &[u32]) -> Vec<f32> {
    let frames: u32 = durations.iter().sum();
    let mut rows = Vec::with_capacity(frames as usize * FRAME_FEATURES);
    for duration in durations {
        let length = *duration as f32;
        for frame in 0..*duration {
            let (before, after) = (frame as f32, length - 1.0 - frame as f32);
            let place = (before + 0.5) / length;
            rows.extend([
                place,
                1.0 - place,
                4.0 * place * (1.0 - place),
                (PI * place).cos(),
                (2.0 * PI * place).sin(),
                (2.0 * PI * place).cos(),
                length.ln() / 3.0,
                (-before).exp(),
                (-after).exp(),
                (-before / 3.0).exp(),
                (-after / 3.0).exp(),
                (-before / 9.0).exp(),
            ]);
        }
    }
    rows
}

/// Whole frames for durations in fractions of frames: each phone gets one at least, and their ends stay where they were.
pub fn whole_durations(exact: &[f32]) -> Vec<u32> {
    let (mut end, mut whole_end) = (0f32, 0u32);
    exact
        .iter()
        .map(|duration| {
            end += duration;
            let whole = (end.round() as u32).saturating_sub(whole_end).max(1);
            whole_end += whole;
            whole
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiskadee_pronunciation::Phone;

    fn token(phone: u8, word: Option<u32>) -> PhoneToken {
        PhoneToken {
            phone: Phone(phone),
            stress: Stress::None,
            word,
            seconds: None,
        }
    }

    #[test]
    fn marks_the_edges_of_words_and_the_places_in_phrases() {
        let tokens = [
            token(0, None),
            token(5, Some(0)),
            token(6, Some(0)),
            token(7, Some(1)),
            token(0, None),
            token(8, Some(2)),
            token(0, None),
        ];
        let rows = phone_features(&tokens, Language::English, SentenceKind::Statement);
        let at = |token: usize, feature: usize| rows[token * PHONE_FEATURES + feature];
        let edges: Vec<_> = (0..7)
            .map(|i| (at(i, EDGE_AT), at(i, EDGE_AT + 1)))
            .collect();
        assert_eq!(
            edges,
            [
                (0., 0.),
                (1., 0.),
                (0., 1.),
                (1., 1.),
                (0., 0.),
                (1., 1.),
                (0., 0.)
            ]
        );
        assert_eq!((at(1, PLACE_AT + 5), at(1, PLACE_AT + 6)), (1.0, 0.0));
        assert_eq!((at(5, PLACE_AT + 5), at(5, PLACE_AT + 6)), (0.0, 1.0));
        assert!(at(1, PLACE_AT) < at(2, PLACE_AT) && at(2, PLACE_AT) < at(3, PLACE_AT));
    }

    #[test]
    fn whole_durations_keep_the_ends() {
        assert_eq!(whole_durations(&[2.4, 2.4, 2.4]), [2, 3, 2]);
        assert_eq!(whole_durations(&[0.1, 0.1, 0.1, 5.0]), [1, 1, 1, 2]);
        assert_eq!(frame_features(&[3, 1]).len(), 4 * FRAME_FEATURES);
    }
}
