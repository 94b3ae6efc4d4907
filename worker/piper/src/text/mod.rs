//! Phonemes to the ids of a voice, and back from ids to words.
//!
//! The form is the one that the voices were trained on: `^ _ (id _)* $`, code points in canonical decomposition. A sentence comes as
//! one line of IPA with its clause marks and with a blank between words.

mod symbols;
mod words;

use unicode_normalization::UnicodeNormalization as _;

use self::symbols::{BEGIN, END, PAD};
pub use self::symbols::{PhonemeType, Symbols};
pub use self::words::Word;

/// Symbols around words that are no part of them.
const MARKS: &str = ".,;:!?…¡¿\"“”«»()—–";

/// A sentence as ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoding {
    pub ids: Vec<u32>,
    /// What stands between blanks, in order.
    pub words: Vec<Word>,
    /// Symbols that the voice does not know and that were left out, each once.
    pub unknown: Vec<String>,
}

impl Symbols {
    /// The ids of a sentence. Language flags such as `(en)`, which espeak-ng writes, are no sounds and are dropped.
    pub fn encode(&self, phonemes: &str) -> Encoding {
        let decomposed: String = match self.kind {
            PhonemeType::Espeak => without_flags(phonemes).nfd().collect(),
            PhonemeType::Text => phonemes.nfd().collect(),
        };
        let mut encoder = Encoder {
            symbols: self,
            encoding: Encoding {
                ids: Vec::new(),
                words: Vec::new(),
                unknown: Vec::new(),
            },
            word: None,
        };
        self.control(BEGIN)
            .into_iter()
            .for_each(|id| encoder.push_id(id));
        let mut rest = decomposed.as_str();
        while !rest.is_empty() {
            let (symbol, behind) = rest.split_at(self.first(rest));
            rest = behind;
            encoder.push(symbol);
        }
        encoder.end_word();
        encoder.encoding.ids.extend(self.control(END));
        encoder.encoding
    }
}

struct Encoder<'a> {
    symbols: &'a Symbols,
    encoding: Encoding,
    word: Option<Word>,
}

impl Encoder<'_> {
    fn push(&mut self, symbol: &str) {
        let blank = symbol.chars().all(char::is_whitespace);
        if blank {
            self.end_word();
        }
        match self.symbols.replacements.get(symbol) {
            Some(others) => others.iter().for_each(|other| self.push_one(other, blank)),
            None => self.push_one(symbol, blank),
        }
    }

    fn push_one(&mut self, symbol: &str, blank: bool) {
        let first = self.encoding.ids.len();
        if !blank {
            self.word.get_or_insert_with(|| Word::at(first));
        }
        let Some(ids) = self.symbols.spoken(symbol) else {
            self.miss(symbol);
            return;
        };
        ids.iter().for_each(|id| self.push_id(*id));
        if let Some(word) = self.word.as_mut() {
            let end = self.encoding.ids.len();
            word.extend(first..end, !MARKS.contains(symbol));
        }
    }

    fn push_id(&mut self, id: u32) {
        self.encoding.ids.push(id);
        self.encoding.ids.extend(self.symbols.control(PAD));
    }

    fn end_word(&mut self) {
        self.encoding.words.extend(self.word.take());
    }

    fn miss(&mut self, symbol: &str) {
        let known = self.encoding.unknown.iter().any(|missed| missed == symbol);
        if !known {
            self.encoding.unknown.push(symbol.to_owned());
        }
    }
}

/// Leaves out what stands as `(xx)`, of letters, digits and hyphens.
fn without_flags(line: &str) -> String {
    let mut kept = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(open) = rest.find('(') {
        let inside = &rest[open + 1..];
        let end = inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        match end {
            Some(end) if end > 0 && inside[end..].starts_with(')') => {
                kept.push_str(&rest[..open]);
                rest = &inside[end + 1..];
            }
            _ => {
                kept.push_str(&rest[..=open]);
                rest = inside;
            }
        }
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests;
