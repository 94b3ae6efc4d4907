//! The sentences that teachers speak for training, and those that nothing is trained with.
//!
//! All were written for this project; none is taken from a collection of texts.

use kiskadee_text::Language;
use kiskadee_voice::acoustic::SentenceKind;

const ENGLISH: &str = include_str!("../../texts/english.txt");
const PORTUGUESE: &str = include_str!("../../texts/portuguese.txt");
/// Of so many texts in a row the last few are held out.
const ROUND: usize = 40;
const HELD_OUT: usize = 2;

/// The sentences of a language to train with.
pub fn training_texts(language: Language) -> impl Iterator<Item = &'static str> {
    texts(language, |place| place < ROUND - HELD_OUT)
}

/// The sentences that a model is measured with.
pub fn held_out_texts(language: Language) -> impl Iterator<Item = &'static str> {
    texts(language, |place| place >= ROUND - HELD_OUT)
}

fn texts(language: Language, is_wanted: fn(usize) -> bool) -> impl Iterator<Item = &'static str> {
    let texts = match language {
        Language::English => ENGLISH,
        Language::Portuguese => PORTUGUESE,
    };
    let lines = texts.lines().filter(|line| !line.is_empty()).enumerate();
    lines
        .filter(move |(index, _)| is_wanted(index % ROUND))
        .map(|(_, line)| line)
}

/// How a text ends.
pub fn sentence_kind(text: &str) -> SentenceKind {
    match text.trim_end().chars().last() {
        Some('?') => SentenceKind::Question,
        Some('!') => SentenceKind::Exclamation,
        _ => SentenceKind::Statement,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_both_trained_with_and_held_out() {
        for language in [Language::English, Language::Portuguese] {
            let held_out: Vec<&str> = held_out_texts(language).collect();
            assert!(held_out.len() >= 10);
            assert!(training_texts(language).all(|text| !held_out.contains(&text)));
            assert!(
                training_texts(language).any(|text| sentence_kind(text) == SentenceKind::Question)
            );
        }
    }
}
