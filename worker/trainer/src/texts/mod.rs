//! The sentences that teachers speak for training, and those that nothing is trained with.
//!
//! All are made here, from grammars and word lists of this project and the words of the lexicon; none is taken from a
//! collection of texts.

mod grammar;

use std::collections::HashSet;

use grammar::Grammar;
use kiskadee_text::Language;
use kiskadee_voice::acoustic::SentenceKind;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::TrainError;

const ENGLISH: &str = include_str!("../../texts/english.grammar");
const PORTUGUESE: &str = include_str!("../../texts/portuguese.grammar");
const HELD_OUT_ENGLISH: &str = include_str!("../../evaluation/english.txt");
const HELD_OUT_PORTUGUESE: &str = include_str!("../../evaluation/portuguese.txt");
/// More sentences than anyone has time to train with.
const MOST_SENTENCES: usize = 1_000_000;

/// `count` different sentences, the same for the same arguments. `words` are the lexicon's, in a fixed order; no sentence
/// is one of those held out.
pub fn training_texts(
    language: Language,
    words: &[String],
    count: usize,
    seed: u64,
) -> Result<Vec<String>, TrainError> {
    if count > MOST_SENTENCES {
        return Err(TrainError::Options(format!(
            "{count} sentences, give at most {MOST_SENTENCES}"
        )));
    }
    if words.is_empty() {
        return Err(TrainError::Options(
            "there are no words to make sentences of".into(),
        ));
    }
    let grammar = Grammar::parse(match language {
        Language::English => ENGLISH,
        Language::Portuguese => PORTUGUESE,
    })?;
    let mut known: HashSet<String> = held_out_texts(language).map(key).collect();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut texts = Vec::with_capacity(count);
    // Short forms repeat; a grammar this rich gives enough new ones long before this many draws.
    for _ in 0..count.saturating_mul(20) {
        if texts.len() == count {
            break;
        }
        let text = grammar.draw(words, &mut random);
        if known.insert(key(&text)) {
            texts.push(text);
        }
    }
    Ok(texts)
}

/// The sentences that a model is measured with.
pub fn held_out_texts(language: Language) -> impl Iterator<Item = &'static str> {
    let texts = match language {
        Language::English => HELD_OUT_ENGLISH,
        Language::Portuguese => HELD_OUT_PORTUGUESE,
    };
    texts.lines().filter(|line| !line.is_empty())
}

/// How a text ends.
pub fn sentence_kind(text: &str) -> SentenceKind {
    match text.trim_end().chars().last() {
        Some('?') => SentenceKind::Question,
        Some('!') => SentenceKind::Exclamation,
        _ => SentenceKind::Statement,
    }
}

/// A text without case and punctuation.
fn key(text: impl AsRef<str>) -> String {
    text.as_ref()
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_new_many_and_always_the_same() {
        let words: Vec<String> = ["cedar", "violet", "quarry"].map(String::from).to_vec();
        for language in [Language::English, Language::Portuguese] {
            let texts = training_texts(language, &words, 500, 3).unwrap();
            assert_eq!(texts.len(), 500);
            assert_eq!(texts, training_texts(language, &words, 500, 3).unwrap());
            let held_out: HashSet<String> = held_out_texts(language).map(key).collect();
            assert!(
                texts
                    .iter()
                    .all(|text| !held_out.contains(&key(text)) && !text.contains(['<', '|']))
            );
            assert!(
                texts
                    .iter()
                    .any(|text| sentence_kind(text) == SentenceKind::Question)
            );
        }
        assert_eq!(held_out_texts(Language::English).count(), 40);
    }

    #[test]
    fn refuses_no_words_and_too_many_sentences() {
        assert!(training_texts(Language::English, &[], 5, 1).is_err());
        assert!(training_texts(Language::English, &["a".into()], MOST_SENTENCES + 1, 1).is_err());
    }
}
