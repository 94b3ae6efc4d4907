//! From pronunciations to the symbols that the model reads, each with its word.
//!
//! Knows symbols, not spelling: pronunciations of English come from the product's own pronouncer, those of other languages from espeak-ng.
//! Japanese and Chinese need other programs for theirs and are not read.

pub mod english;
pub mod espeak;

/// A symbol of a pronunciation or a mark, and the word that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symbol {
    pub symbol: char,
    /// Place of the word in the sentence; none for blanks and marks.
    pub word: Option<u32>,
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
