//! Sentences cut to what the model takes. Prose has none that long; a text without a full stop is one.

use std::time::Duration;

use kiskadee_text::{Boundary, Sentence, Word};

/// Letters of a piece, spaces counted. The name of a letter has the most phones, up to nine with what stands between
/// words, and is told by two letters and a space at the least: the model's 4,096 are never reached.
const LONGEST: usize = 1000;

/// The same sentences, those that are too long in pieces.
pub(super) fn pieces(sentences: Vec<Sentence>) -> Vec<Sentence> {
    sentences.into_iter().flat_map(cut).collect()
}

fn cut(sentence: Sentence) -> Vec<Sentence> {
    let Sentence {
        mut words,
        lead,
        trail,
    } = sentence;
    let mut pieces = Vec::new();
    loop {
        let rest = words.split_off(fitting(&words));
        let is_last = rest.is_empty();
        pieces.push(Sentence {
            words,
            lead: if pieces.is_empty() {
                lead
            } else {
                Duration::ZERO
            },
            trail: if is_last { trail } else { Duration::ZERO },
        });
        if is_last {
            return pieces;
        }
        words = rest;
    }
}

/// How many of the words go into a piece: all, or up to the last pause in its second half, or as many as there is room for. At
/// least one, so that there is an end.
fn fitting(words: &[Word]) -> usize {
    let (mut length, mut at_pause) = (0, None);
    for (index, word) in words.iter().enumerate() {
        length += weight(word);
        if length > LONGEST {
            return at_pause.unwrap_or(index.max(1));
        }
        if length > LONGEST / 2 && word.boundary != Boundary::None {
            at_pause = Some(index + 1);
        }
    }
    words.len()
}

/// What a word may become at the most: a letter by its name counts as three.
fn weight(word: &Word) -> usize {
    let said = word.pronunciation.as_ref().unwrap_or(&word.text);
    let letters = said.chars().count();
    1 + if word.spelled { 3 * letters } else { letters }
}

#[cfg(test)]
mod tests {
    use kiskadee_text::Prosody;

    use super::*;

    fn word(text: &str, boundary: Boundary) -> Word {
        Word {
            text: text.to_owned(),
            source: 0..1,
            spelled: false,
            boundary,
            prosody: Prosody::default(),
            pronunciation: None,
        }
    }

    fn sentence(words: Vec<Word>) -> Sentence {
        Sentence {
            words,
            lead: Duration::from_secs(1),
            trail: Duration::from_secs(2),
        }
    }

    #[test]
    fn a_sentence_of_usual_length_stays_whole() {
        let usual = sentence(vec![word("about", Boundary::None); 100]);
        assert_eq!(pieces(vec![usual.clone()]), [usual]);
    }

    #[test]
    fn an_endless_one_is_cut_and_loses_nothing() {
        let words = vec![word("about", Boundary::None); 2000];
        let pieces = pieces(vec![sentence(words.clone())]);
        assert!(pieces.iter().all(|piece| piece.words.len() * 6 <= LONGEST));
        let silences: Duration = pieces.iter().map(|piece| piece.lead + piece.trail).sum();
        assert_eq!(silences, Duration::from_secs(3));
        let all: Vec<Word> = pieces.into_iter().flat_map(|piece| piece.words).collect();
        assert_eq!(all, words);
    }

    #[test]
    fn it_is_cut_at_a_pause_where_there_is_one() {
        let mut words = vec![word("about", Boundary::None); 300];
        words[120].boundary = Boundary::Minor;
        assert_eq!(pieces(vec![sentence(words)])[0].words.len(), 121);
    }

    #[test]
    fn a_word_longer_than_a_piece_is_left_to_the_model() {
        let words = vec![word(&"a".repeat(3000), Boundary::None); 2];
        assert_eq!(pieces(vec![sentence(words)]).len(), 2);
    }
}
