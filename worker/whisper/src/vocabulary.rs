//! `tokenizer.json`: tokens to text and back, and what is never said.

use std::path::Path;

use tokenizers::Tokenizer;

use crate::error::{Result, WhisperError};
use crate::tokens::Tokens;

/// Signs that are no speech, each of which is not said where it is one token. From the reference, as all here.
const SIGNS: &str = "\" # ( ) * + / : ; < = > @ [ \\ ] ^ _ ` { | } ~ 「 」 『 』 \
    << >> <<< >>> -- --- -( -[ (' (\" (( )) ((( ))) [[ ]] {{ }} ♪♪ ♪♪♪";
/// Of these the first token is not said, for they share it.
const NOTES: &str = "♩ ♪ ♫ ♬ ♭ ♮ ♯";

/// The byte-pair encoding of a model.
pub(crate) struct Vocabulary {
    tokenizer: Tokenizer,
}

impl Vocabulary {
    pub(crate) fn open(path: &Path) -> Result<(Self, Tokens)> {
        let tokenizer = Tokenizer::from_file(path);
        let tokenizer = tokenizer.map_err(|error| WhisperError::file(path, error))?;
        let tokens = Tokens::named(|name| tokenizer.token_to_id(name));
        let tokens = tokens.map_err(|name| {
            let reason = format!("not the vocabulary of a Whisper model: it has no {name}");
            WhisperError::file(path, reason)
        })?;
        Ok((Self { tokenizer }, tokens))
    }

    /// The highest id and one more; timestamps, which some files leave out, are not counted.
    pub(crate) fn size(&self) -> usize {
        let ids = self.tokenizer.get_vocab(true).into_values();
        ids.max().map_or(0, |highest| highest as usize + 1)
    }

    /// Ids below `eot`; bytes that are no text become replacement characters.
    pub(crate) fn decode(&self, ids: &[u32], tokens: &Tokens) -> Result<String> {
        let words = ids.iter().copied().filter(|id| *id < tokens.eot);
        let words: Vec<u32> = words.collect();
        let text = self.tokenizer.decode(&words, false);
        text.map_err(|error| WhisperError::Input(error.to_string()))
    }

    pub(crate) fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self.tokenizer.encode_fast(text, false);
        let encoding = encoding.map_err(|error| WhisperError::Input(error.to_string()))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// A single space, and the signs that are never said.
    pub(crate) fn suppressed(&self) -> Result<(Vec<u32>, Vec<u32>)> {
        let mut signs = Vec::new();
        // Inside words they are said.
        for sign in [" -", " '"] {
            signs.extend(self.encode(sign)?.first());
        }
        for (list, always) in [(SIGNS, false), (NOTES, true)] {
            for sign in list.split_whitespace() {
                for form in [sign.to_owned(), format!(" {sign}")] {
                    let ids = self.encode(&form)?;
                    if always || ids.len() == 1 {
                        signs.extend(ids.first());
                    }
                }
            }
        }
        signs.sort_unstable();
        signs.dedup();
        Ok((self.encode(" ")?, signs))
    }
}
