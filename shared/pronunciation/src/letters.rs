//! Letter-to-sound rules: a decision tree for each letter asks for its neighbours and says which sounds the letter stands for.
//!
//! The form of Black, Lenzo and Pagel, "Issues in building general letter to sound rules" (1998). Trees are grown by the
//! trainer from a lexicon; here they are only walked.

use std::io::Read as _;

use flate2::read::DeflateDecoder;

use super::{lexicon::deflate, sound::Sound};

/// How many letters on either side a question may reach.
pub const REACH: i8 = 4;
/// Stands beyond the ends of a word.
pub const EDGE: u8 = 0;
const MAX_BYTES: u64 = 16 << 20;
/// A walk ends at a leaf long before; in a damaged file it may not.
const MAX_DEPTH: usize = 200;

/// Why a file holds no rules.
#[derive(Debug, thiserror::Error)]
#[error("the letter-to-sound rules are damaged: {0}")]
pub struct LettersError(&'static str);

/// A node of a tree. Trees lie one behind the other; the node after a question is the one for yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Node {
    /// Whether the letter `offset` places on is this one (an index into the alphabet, from 1).
    Question { offset: i8, letter: u8, no: u32 },
    /// An index into the chunks of sounds.
    Leaf(u16),
}

/// The rules of a language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letters {
    pub alphabet: Vec<char>,
    /// What a letter can stand for.
    pub chunks: Vec<Vec<Sound>>,
    /// The root of each letter's tree.
    pub roots: Vec<u32>,
    pub nodes: Vec<Node>,
}

impl Letters {
    /// The sounds of a word. Letters outside of the alphabet are passed over.
    pub fn sounds(&self, word: &str) -> Vec<Sound> {
        let letters = self.indices(word);
        let chunks = (0..letters.len()).filter_map(|place| self.chunk(&letters, place));
        chunks.flatten().copied().collect()
    }

    /// The letters of a word as indices into the alphabet, from 1.
    pub fn indices(&self, word: &str) -> Vec<u8> {
        let index = |letter| self.alphabet.iter().position(|known| *known == letter);
        word.chars()
            .filter_map(index)
            .map(|index| index as u8 + 1)
            .collect()
    }

    fn chunk(&self, letters: &[u8], place: usize) -> Option<&Vec<Sound>> {
        let letter = usize::from(*letters.get(place)?).checked_sub(1)?;
        let mut at = *self.roots.get(letter)?;
        for _ in 0..MAX_DEPTH {
            match *self.nodes.get(at as usize)? {
                Node::Leaf(chunk) => return self.chunks.get(usize::from(chunk)),
                Node::Question { offset, letter, no } => {
                    at = if neighbour(letters, place, offset) == letter {
                        at + 1
                    } else {
                        no
                    };
                }
            }
        }
        None
    }

    pub fn load(file: &[u8]) -> Result<Self, LettersError> {
        let mut data = Vec::new();
        let mut inflated = DeflateDecoder::new(file).take(MAX_BYTES);
        inflated
            .read_to_end(&mut data)
            .map_err(|_| LettersError("they cannot be inflated"))?;
        Reader(&data)
            .letters()
            .ok_or(LettersError("they are cut off"))
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut data = Vec::new();
        let alphabet: String = self.alphabet.iter().collect();
        data.push(alphabet.len() as u8);
        data.extend(alphabet.as_bytes());
        data.extend((self.chunks.len() as u16).to_le_bytes());
        for chunk in &self.chunks {
            data.push(chunk.len() as u8);
            data.extend(chunk.iter().map(|sound| sound.to_byte()));
        }
        data.extend(self.roots.iter().flat_map(|root| root.to_le_bytes()));
        data.extend((self.nodes.len() as u32).to_le_bytes());
        for (at, node) in self.nodes.iter().enumerate() {
            match *node {
                Node::Leaf(chunk) => {
                    data.push(0);
                    data.extend(chunk.to_le_bytes());
                }
                Node::Question { offset, letter, no } => {
                    data.extend([(offset + REACH + 1) as u8, letter]);
                    // How far ahead, for near is what packs well.
                    data.extend((no - at as u32).to_le_bytes().iter().take(3));
                }
            }
        }
        deflate(&data)
    }
}

/// The letter `offset` places from one, or [`EDGE`].
pub fn neighbour(letters: &[u8], place: usize, offset: i8) -> u8 {
    let at = place.checked_add_signed(isize::from(offset));
    at.and_then(|at| letters.get(at)).copied().unwrap_or(EDGE)
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn letters(mut self) -> Option<Letters> {
        let length = usize::from(self.byte()?);
        let alphabet: Vec<char> = std::str::from_utf8(self.take(length)?)
            .ok()?
            .chars()
            .collect();
        let chunks = (0..self.short()?)
            .map(|_| self.chunk())
            .collect::<Option<_>>()?;
        let roots = alphabet
            .iter()
            .map(|_| self.long())
            .collect::<Option<_>>()?;
        let nodes = (0..self.long()?)
            .map(|at| self.node(at))
            .collect::<Option<_>>()?;
        Some(Letters {
            alphabet,
            chunks,
            roots,
            nodes,
        })
    }

    fn chunk(&mut self) -> Option<Vec<Sound>> {
        let length = usize::from(self.byte()?);
        Some(
            self.take(length)?
                .iter()
                .copied()
                .map(Sound::from_byte)
                .collect(),
        )
    }

    fn node(&mut self, at: u32) -> Option<Node> {
        match self.byte()? {
            0 => Some(Node::Leaf(self.short()?)),
            offset => {
                let letter = self.byte()?;
                let ahead = self.take(3)?;
                let ahead = ahead
                    .iter()
                    .rev()
                    .fold(0, |value, byte| value << 8 | u32::from(*byte));
                let offset = i8::try_from(offset).ok()? - REACH - 1;
                Some(Node::Question {
                    offset,
                    letter,
                    no: at.checked_add(ahead)?,
                })
            }
        }
    }

    fn take(&mut self, length: usize) -> Option<&[u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn short(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_le_bytes)
    }

    fn long(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `c` is 1 before `e`, else 2; `e` is nothing at the end of a word, else 3.
    fn letters() -> Letters {
        let sound = |byte| vec![Sound::from_byte(byte)];
        Letters {
            alphabet: vec!['c', 'e', 'ã'],
            chunks: vec![Vec::new(), sound(1), sound(2), sound(3)],
            roots: vec![0, 3, 6],
            nodes: vec![
                Node::Question {
                    offset: 1,
                    letter: 2,
                    no: 2,
                },
                Node::Leaf(1),
                Node::Leaf(2),
                Node::Question {
                    offset: 1,
                    letter: EDGE,
                    no: 5,
                },
                Node::Leaf(0),
                Node::Leaf(3),
                Node::Leaf(3),
            ],
        }
    }

    #[test]
    fn neighbours_decide() {
        let bytes = |word| {
            letters()
                .sounds(word)
                .iter()
                .map(|sound| sound.to_byte())
                .collect::<Vec<_>>()
        };
        assert_eq!(bytes("ceã"), [1, 3, 3]);
        assert_eq!(bytes("c!e"), [1]);
        assert_eq!(bytes("cc"), [2, 2]);
        assert!(bytes("").is_empty());
    }

    #[test]
    fn rules_are_packed_and_read_again() {
        assert_eq!(Letters::load(&letters().encode()).unwrap(), letters());
        assert!(Letters::load(b"no rules").is_err());
        assert!(Letters::load(&deflate(&[3, b'a'])).is_err());
    }
}
