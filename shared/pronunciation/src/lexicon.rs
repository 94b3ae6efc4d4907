//! Words with their pronunciations: sorted, front-coded, deflated. About seven bytes a word in the program; in memory the
//! front-coded form stays as it is, and a look-up decodes one block of it.

use std::{collections::BTreeMap, io::Read as _};

use flate2::{
    Compression,
    read::{DeflateDecoder, DeflateEncoder},
};

use crate::sound::Sound;

/// Words of a block; its first is written whole.
const BLOCK: usize = 16;
/// Of the data once inflated, so that a broken file cannot take the memory.
const MAX_BYTES: u64 = 16 << 20;

/// Why a file is no lexicon.
#[derive(Debug, thiserror::Error)]
#[error("the lexicon is damaged: {0}")]
pub struct LexiconError(&'static str);

/// The words of a language.
pub struct Lexicon {
    data: Vec<u8>,
    /// Where each block begins.
    blocks: Vec<usize>,
    words: usize,
}

/// One word while it is read.
struct Entry<'a> {
    shared: usize,
    suffix: &'a [u8],
    sounds: &'a [u8],
    end: usize,
}

impl Lexicon {
    /// Reads what [`Lexicon::encode`] wrote.
    pub fn load(file: &[u8]) -> Result<Self, LexiconError> {
        let mut data = Vec::new();
        let mut inflated = DeflateDecoder::new(file).take(MAX_BYTES);
        inflated
            .read_to_end(&mut data)
            .map_err(|_| LexiconError("it cannot be inflated"))?;
        let (mut blocks, mut words, mut at) = (Vec::new(), 0, 0);
        while at < data.len() {
            let entry = entry(&data, at).ok_or(LexiconError("a word is cut off"))?;
            if words % BLOCK == 0 {
                blocks.push(at);
            }
            if (words % BLOCK == 0) && entry.shared != 0 {
                return Err(LexiconError("a block does not begin with a whole word"));
            }
            at = entry.end;
            words += 1;
        }
        Ok(Self {
            data,
            blocks,
            words,
        })
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.words
    }

    pub fn is_empty(&self) -> bool {
        self.words == 0
    }

    /// How a word is said, if it is known.
    pub fn get(&self, word: &str) -> Option<Vec<Sound>> {
        let word = word.as_bytes();
        let after = self.blocks.partition_point(|block| {
            entry(&self.data, *block).is_some_and(|first| first.suffix <= word)
        });
        let mut at = *self.blocks.get(after.checked_sub(1)?)?;
        let mut spelling: Vec<u8> = Vec::new();
        for _ in 0..BLOCK {
            let found = entry(&self.data, at)?;
            spelling.truncate(found.shared);
            spelling.extend_from_slice(found.suffix);
            if spelling == word {
                return Some(found.sounds.iter().copied().map(Sound::from_byte).collect());
            }
            at = found.end;
        }
        None
    }

    /// Packs words. Those of over 255 bytes or sounds are left out.
    pub fn encode(words: &BTreeMap<String, Vec<Sound>>) -> Vec<u8> {
        let mut data = Vec::new();
        let mut before: &[u8] = &[];
        let fitting = words
            .iter()
            .filter(|(word, sounds)| word.len().max(sounds.len()) < 256);
        for (index, (word, sounds)) in fitting.enumerate() {
            let word = word.as_bytes();
            let shared = if index % BLOCK == 0 {
                0
            } else {
                common(before, word)
            };
            let suffix = word.get(shared..).unwrap_or_default();
            data.extend([shared as u8, suffix.len() as u8]);
            data.extend_from_slice(suffix);
            data.push(sounds.len() as u8);
            data.extend(sounds.iter().map(|sound| sound.to_byte()));
            before = word;
        }
        deflate(&data)
    }
}

fn common(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

fn entry(data: &[u8], at: usize) -> Option<Entry<'_>> {
    let (shared, length) = (usize::from(*data.get(at)?), usize::from(*data.get(at + 1)?));
    let suffix = data.get(at + 2..at + 2 + length)?;
    let sounds_at = at + 3 + length;
    let count = usize::from(*data.get(sounds_at - 1)?);
    let sounds = data.get(sounds_at..sounds_at + count)?;
    Some(Entry {
        shared,
        suffix,
        sounds,
        end: sounds_at + count,
    })
}

/// Never fails: it reads from memory.
pub(super) fn deflate(data: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let _ = DeflateEncoder::new(data, Compression::best()).read_to_end(&mut packed);
    packed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sounds(bytes: &[u8]) -> Vec<Sound> {
        bytes.iter().copied().map(Sound::from_byte).collect()
    }

    #[test]
    fn every_word_is_found_and_no_other() {
        let words: BTreeMap<String, Vec<Sound>> = (0..1000_u32)
            .map(|n| (format!("w{}", n * 7), sounds(&n.to_le_bytes()[..2])))
            .collect();
        let lexicon = Lexicon::load(&Lexicon::encode(&words)).unwrap();
        assert_eq!(lexicon.len(), words.len());
        for (word, expected) in &words {
            assert_eq!(lexicon.get(word).as_ref(), Some(expected), "{word}");
        }
        for word in ["", "w", "w1", "w70000", "zebra", "w7x"] {
            assert_eq!(lexicon.get(word), None, "{word}");
        }
    }

    #[test]
    fn a_damaged_file_is_refused() {
        assert!(Lexicon::load(b"no lexicon").is_err());
        assert!(Lexicon::load(&deflate(&[0, 5, b'a'])).is_err());
        assert!(Lexicon::load(&deflate(&[1, 1, b'a', 0])).is_err());
    }
}
