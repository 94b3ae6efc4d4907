//! From pronunciations to the ids that the model reads, each with its word.
//!
//! Knows symbols, not spelling: pronunciations of English come from the product's own pronouncer, those of other languages from espeak-ng.
//! Japanese and Chinese need other programs for theirs and are not read.

mod cutting;
pub mod english;
pub mod espeak;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::config::Config;
use crate::model::FRAMES_AHEAD;

/// A symbol of a pronunciation or a mark, and the word that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symbol {
    pub symbol: char,
    /// Place of the word in the sentence; none for blanks and marks.
    pub word: Option<u32>,
}

/// An id, and the word that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    pub id: u32,
    /// None for blanks and marks.
    pub word: Option<u32>,
    /// How well an utterance may end behind it.
    boundary: Boundary,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Boundary {
    None,
    Blank,
    Clause,
}

/// What the model reads of a sentence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tokens {
    pub tokens: Vec<Token>,
    /// Symbols that the model has no id for, each once, in order.
    pub dropped: Vec<char>,
}

impl Tokens {
    /// The ids of symbols by the model's vocabulary.
    pub fn new(symbols: &[Symbol], config: &Config) -> Self {
        Self::by_vocabulary(symbols, &config.vocab)
    }

    fn by_vocabulary(symbols: &[Symbol], vocabulary: &BTreeMap<String, u32>) -> Self {
        let mut found = Self::default();
        let mut written = [0; 4];
        for Symbol { symbol, word } in symbols {
            match vocabulary.get(&*symbol.encode_utf8(&mut written)) {
                Some(id) => found.tokens.push(Token {
                    id: *id,
                    word: *word,
                    boundary: boundary(*symbol),
                }),
                None if !found.dropped.contains(symbol) => found.dropped.push(*symbol),
                None => {}
            }
        }
        found
    }

    pub fn ids(&self, range: Range<usize>) -> Vec<u32> {
        let tokens = self.tokens.get(range).unwrap_or_default();
        tokens.iter().map(|token| token.id).collect()
    }

    /// Cuts what is longer than `most` ids: at the last mark of a clause that still fits, else at a blank, else anywhere.
    pub fn cut(&self, most: usize) -> Vec<Range<usize>> {
        let boundaries: Vec<Boundary> = self.tokens.iter().map(|token| token.boundary).collect();
        cutting::cut(&boundaries, most)
    }

    /// The words with the samples in which each is spoken. `frames` are those of a part of the tokens, with the zeros at both ends;
    /// half of a blank or a mark belongs to each neighbour.
    pub fn word_samples(
        &self,
        part: Range<usize>,
        frames: &[u32],
        samples_per_frame: usize,
    ) -> Vec<(u32, Range<usize>)> {
        let mut words: Vec<(u32, Range<usize>)> = Vec::new();
        let silence = frames.first().map_or(0, |frames| *frames as usize);
        let mut at = silence.saturating_sub(FRAMES_AHEAD) * samples_per_frame;
        let mut between = at;
        let tokens = self.tokens.get(part).unwrap_or_default();
        for (token, frames) in tokens.iter().zip(frames.iter().skip(1)) {
            let end = at + *frames as usize * samples_per_frame;
            if let Some(word) = token.word {
                match words.last_mut() {
                    Some((last, range)) if *last == word => range.end = end,
                    Some((_, range)) => {
                        let middle = usize::midpoint(range.end, between.max(range.end));
                        range.end = middle;
                        words.push((word, middle..end));
                    }
                    None => words.push((word, at..end)),
                }
            } else {
                between = end;
            }
            at = end;
        }
        words
    }
}

fn boundary(symbol: char) -> Boundary {
    match symbol {
        ';' | ':' | ',' | '.' | '!' | '?' | '…' | '—' => Boundary::Clause,
        ' ' => Boundary::Blank,
        _ => Boundary::None,
    }
}

/// The mark as the model knows it; none where it knows no like.
pub fn mark(written: char) -> Option<char> {
    Some(match written {
        ';' | ':' | ',' | '.' | '!' | '?' | '—' | '…' | '"' | '(' | ')' | '“' | '”' => {
            written
        }
        '–' | '―' => '—',
        '«' | '„' | '‟' => '“',
        '»' => '”',
        '[' | '{' => '(',
        ']' | '}' => ')',
        '。' => '.',
        '、' | '，' => ',',
        '！' | '¡' => '!',
        '？' | '¿' => '?',
        '：' => ':',
        '；' => ';',
        _ => return None,
    })
}

/// Whether a mark stands in front of a word, not behind one.
fn opens(mark: char) -> bool {
    matches!(mark, '(' | '“')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary() -> BTreeMap<String, u32> {
        let symbols = [(".", 4), (",", 3), (" ", 16), ("a", 43), ("b", 44)];
        symbols.map(|(symbol, id)| (symbol.to_owned(), id)).into()
    }

    fn symbols(text: &str) -> Vec<Symbol> {
        let mut word = 0;
        let symbol = |symbol: char| {
            word += u32::from(symbol == ' ');
            Symbol {
                symbol,
                word: symbol.is_alphabetic().then_some(word),
            }
        };
        text.chars().map(symbol).collect()
    }

    #[test]
    fn what_the_model_does_not_know_is_told_once() {
        let tokens = Tokens::by_vocabulary(&symbols("azb za."), &vocabulary());
        assert_eq!(tokens.dropped, ['z']);
        assert_eq!(tokens.ids(0..5), [43, 44, 16, 43, 4]);
        assert_eq!(tokens.tokens[3].word, Some(1));
    }

    #[test]
    fn blanks_belong_half_to_each_word() {
        let tokens = Tokens::by_vocabulary(&symbols("ab a."), &vocabulary());
        // Zero, a, b, blank, a, mark, zero.
        let words = tokens.word_samples(0..5, &[4, 3, 1, 2, 4, 5, 1], 10);
        assert_eq!(words, [(0, 20..70), (1, 70..120)]);
    }

    #[test]
    fn five_thousand_characters_without_a_mark_are_cut() {
        let tokens = Tokens::by_vocabulary(&symbols(&"a".repeat(5000)), &vocabulary());
        let parts = tokens.cut(510);
        assert_eq!(parts.len(), 10);
        assert!(parts.iter().all(|part| (1..=510).contains(&part.len())));
        assert_eq!(
            parts.iter().map(ExactSizeIterator::len).sum::<usize>(),
            5000
        );
    }
}
