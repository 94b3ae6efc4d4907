//! API keys: `kk_`, 43 base62 digits of 256 random bits, and 6 base62 digits of a CRC-32 over all before them. Keys of other cells than
//! the first have two digits more, of their cell, behind the prefix.
//!
//! The prefix lets secret scanners find a key, and the checksum refuses a typo without asking the database. Only the
//! SHA-256 of the whole text is stored: 256 random bits need no slow hash.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::{
    base62,
    cell::{Cell, NoCell},
};

/// What every key begins with.
pub const PREFIX: &str = "kk_";

const RANDOM_DIGITS: usize = 43;
const CHECKSUM_DIGITS: usize = 6;
const CELL_DIGITS: usize = 2;
const LENGTH: usize = PREFIX.len() + RANDOM_DIGITS + CHECKSUM_DIGITS;
const LENGTH_WITH_CELL: usize = LENGTH + CELL_DIGITS;
const SHOWN: usize = 11;

/// Why a text is not an API key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiKeyError {
    /// It does not begin with `kk_`.
    #[error("an API key begins with `{PREFIX}`")]
    Prefix,
    /// It is too short or too long.
    #[error("an API key has {LENGTH} or {LENGTH_WITH_CELL} characters, found {found}")]
    Length {
        /// How many characters were found.
        found: usize,
    },
    /// A character is none of the 62.
    #[error("the character at position {position} does not occur in API keys")]
    Character {
        /// Where it stands, from 0.
        position: usize,
    },
    /// The first cell is never named, and those above the last are none.
    #[error("the API key names no cell")]
    Cell,
    /// Mistyped or invented.
    #[error("the checksum does not match: a character was mistyped")]
    Checksum,
}

/// A well-formed API key. Its `Debug` form shows only the part that may be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// The key of 32 bytes from a cryptographic random source, for the first cell.
    pub fn generate(random: [u8; 32]) -> Self {
        Self::generate_in(Cell::FIRST, random)
    }

    /// The same for any cell.
    pub fn generate_in(cell: Cell, random: [u8; 32]) -> Self {
        let mut text = PREFIX.to_owned();
        if cell != Cell::FIRST {
            let number = cell.number().to_be_bytes();
            text.push_str(&base62::encode(&number, CELL_DIGITS));
        }
        text.push_str(&base62::encode(&random, RANDOM_DIGITS));
        let checksum = checksum(&text);
        text.push_str(&checksum);
        Self(text)
    }

    /// Takes a text that a caller sent, refusing what cannot be a key.
    pub fn parse(text: &str) -> Result<Self, ApiKeyError> {
        let digits = text.strip_prefix(PREFIX).ok_or(ApiKeyError::Prefix)?;
        let found = text.chars().count();
        if ![LENGTH, LENGTH_WITH_CELL].contains(&found) {
            return Err(ApiKeyError::Length { found });
        }
        if let Some(position) = digits
            .chars()
            .position(|character| !base62::is_digit(character))
        {
            return Err(ApiKeyError::Character {
                position: PREFIX.len() + position,
            });
        }
        let (body, tail) = text.split_at(found - CHECKSUM_DIGITS);
        if checksum(body) != tail {
            return Err(ApiKeyError::Checksum);
        }
        named_cell(text).map_err(|NoCell| ApiKeyError::Cell)?;
        Ok(Self(text.to_owned()))
    }

    /// Where it was made and is known.
    pub fn cell(&self) -> Cell {
        named_cell(&self.0).unwrap_or_default()
    }

    /// The whole key, to be shown once.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The first 11 characters: enough for its owner to recognise it.
    pub fn display_prefix(&self) -> &str {
        self.0.get(..SHOWN).unwrap_or_default()
    }

    /// What is stored and looked up.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({}…)", self.display_prefix())
    }
}

/// What a text of a key's form says of its cell. A short one is of the first, which a long one does not name.
fn named_cell(text: &str) -> Result<Cell, NoCell> {
    if text.len() != LENGTH_WITH_CELL {
        return Ok(Cell::FIRST);
    }
    let digits = text.get(PREFIX.len()..PREFIX.len() + CELL_DIGITS);
    let number = digits.and_then(base62::decode).ok_or(NoCell)?;
    let cell = Cell::new(number)?;
    if cell == Cell::FIRST {
        Err(NoCell)
    } else {
        Ok(cell)
    }
}

fn checksum(text: &str) -> String {
    base62::encode(&crc32(text.as_bytes()).to_be_bytes(), CHECKSUM_DIGITS)
}

/// CRC-32 as in zip and PNG (reflected polynomial `EDB88320`).
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let carry = crc & 1;
            crc = (crc >> 1) ^ (carry * 0xEDB8_8320);
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> ApiKey {
        ApiKey::generate(std::array::from_fn(|index| index as u8))
    }

    #[test]
    fn the_checksum_is_the_common_crc32() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn a_generated_key_parses() {
        for random in [[0; 32], [255; 32], std::array::from_fn(|index| index as u8)] {
            let key = ApiKey::generate(random);
            assert_eq!(key.expose().len(), LENGTH);
            assert_eq!(ApiKey::parse(key.expose()).as_ref(), Ok(&key));
        }
    }

    #[test]
    fn a_key_says_where_it_was_made_and_those_of_before_are_of_the_first_cell() {
        assert_eq!(key().cell(), Cell::FIRST);
        for number in [1, 61, 62, 1023] {
            let cell = Cell::new(number).unwrap();
            let made = ApiKey::generate_in(cell, [7; 32]);
            assert_eq!(made.expose().len(), LENGTH_WITH_CELL);
            assert_eq!(ApiKey::parse(made.expose()).unwrap().cell(), cell);
        }
    }

    #[test]
    fn a_cell_that_cannot_be_is_refused() {
        let digits = base62::encode(&[7; 32], RANDOM_DIGITS);
        for named in ["00", "zz", "GW"] {
            let body = format!("{PREFIX}{named}{digits}");
            let text = format!("{body}{}", checksum(&body));
            assert_eq!(ApiKey::parse(&text), Err(ApiKeyError::Cell), "{named}");
        }
    }

    #[test]
    fn every_single_typo_is_refused() {
        let key = key();
        for position in 0..LENGTH {
            let mut typo: Vec<char> = key.expose().chars().collect();
            typo[position] = if typo[position] == 'x' { 'y' } else { 'x' };
            let typo: String = typo.into_iter().collect();
            assert!(ApiKey::parse(&typo).is_err(), "{typo}");
        }
    }

    #[test]
    fn swapped_neighbours_are_refused() {
        let key = key();
        for position in PREFIX.len()..LENGTH - 1 {
            let mut typo: Vec<char> = key.expose().chars().collect();
            typo.swap(position, position + 1);
            let typo: String = typo.into_iter().collect();
            if typo != key.expose() {
                assert_eq!(ApiKey::parse(&typo), Err(ApiKeyError::Checksum), "{typo}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        let good = key();
        let spaced = good.expose().replacen(&good.expose()[10..11], " ", 1);
        let cases = [
            ("", ApiKeyError::Prefix),
            ("sk_123", ApiKeyError::Prefix),
            ("kk_123", ApiKeyError::Length { found: 6 }),
            (
                &spaced,
                ApiKeyError::Character {
                    position: spaced.find(' ').unwrap(),
                },
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(ApiKey::parse(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn debug_hides_the_secret() {
        let key = key();
        let shown = format!("{key:?}");
        assert_eq!(shown, format!("ApiKey({}…)", &key.expose()[..11]));
        assert!(!shown.contains(&key.expose()[11..]));
    }

    #[test]
    fn the_hash_is_of_the_whole_text() {
        let key = key();
        assert_eq!(key.hash(), <[u8; 32]>::from(Sha256::digest(key.expose())));
    }
}
