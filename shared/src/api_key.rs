//! API keys: `kk_`, 43 base62 digits of 256 random bits, and 6 base62 digits of a CRC-32 over all before them.
//!
//! The prefix lets secret scanners find a key, and the checksum refuses a typo without asking the database. Only the
//! SHA-256 of the whole text is stored: 256 random bits need no slow hash.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::base62;

/// What every key begins with.
pub const PREFIX: &str = "kk_";

const RANDOM_DIGITS: usize = 43;
const CHECKSUM_DIGITS: usize = 6;
const LENGTH: usize = PREFIX.len() + RANDOM_DIGITS + CHECKSUM_DIGITS;
const SHOWN: usize = 11;

/// Why a text is not an API key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiKeyError {
    /// It does not begin with `kk_`.
    #[error("an API key begins with `{PREFIX}`")]
    Prefix,
    /// It is too short or too long.
    #[error("an API key has {LENGTH} characters, found {found}")]
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
    /// Mistyped or invented.
    #[error("the checksum does not match: a character was mistyped")]
    Checksum,
}

/// A well-formed API key. Its `Debug` form shows only the part that may be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// The key of 32 bytes from a cryptographic random source.
    pub fn generate(random: [u8; 32]) -> Self {
        let mut text = format!("{PREFIX}{}", base62::encode(&random, RANDOM_DIGITS));
        let checksum = checksum(&text);
        text.push_str(&checksum);
        Self(text)
    }

    /// Takes a text that a caller sent, refusing what cannot be a key.
    pub fn parse(text: &str) -> Result<Self, ApiKeyError> {
        let digits = text.strip_prefix(PREFIX).ok_or(ApiKeyError::Prefix)?;
        let found = text.chars().count();
        if found != LENGTH {
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
        let (body, tail) = text.split_at(LENGTH - CHECKSUM_DIGITS);
        if checksum(body) != tail {
            return Err(ApiKeyError::Checksum);
        }
        Ok(Self(text.to_owned()))
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
