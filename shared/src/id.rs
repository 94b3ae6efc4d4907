//! Ids as they look outside: a prefix that tells the kind, `_`, and the 32 lower-case hex digits of a `UUIDv7`.
//!
//! They sort by time of creation, like the uuid in the database. The version digits are not checked: an id that was never
//! issued is simply not found.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

const DIGITS: usize = 32;

/// Why a text is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text does not begin with the kind's prefix and an underscore.
    #[error("an id of this kind begins with `{expected}_`")]
    Prefix {
        /// The prefix without its underscore.
        expected: &'static str,
    },
    /// Not 32 characters follow the prefix.
    #[error("32 hex digits must follow the prefix, found {found} characters")]
    Length {
        /// How many characters follow.
        found: usize,
    },
    /// A character is not a lower-case hex digit.
    #[error("`{found}` at position {position} is not a lower-case hex digit")]
    Digit {
        /// Where it stands, counted in characters of the whole id from 0.
        position: usize,
        /// The character.
        found: char,
    },
}

fn parse(prefix: &'static str, text: &str) -> Result<Uuid, IdError> {
    let digits = text
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .ok_or(IdError::Prefix { expected: prefix })?;
    let found = digits.chars().count();
    if found != DIGITS {
        return Err(IdError::Length { found });
    }
    let mut value = 0u128;
    for (index, digit) in digits.chars().enumerate() {
        let nibble = hex_value(digit).ok_or(IdError::Digit {
            position: prefix.len() + 1 + index,
            found: digit,
        })?;
        value = value << 4 | u128::from(nibble);
    }
    Ok(Uuid::from_u128(value))
}

fn hex_value(digit: char) -> Option<u8> {
    match digit {
        '0'..='9' => Some(digit as u8 - b'0'),
        'a'..='f' => Some(digit as u8 - b'a' + 10),
        _ => None,
    }
}

macro_rules! wire_ids {
    ($($(#[$about:meta])* $name:ident = $prefix:literal;)+) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// The prefix of this kind, without its underscore.
            pub const PREFIX: &'static str = $prefix;

            /// The id of a uuid from the database.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// What the database knows it by.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    )+};
}

wire_ids! {
    /// A job.
    JobId = "job";
    /// A batch of jobs.
    BatchId = "batch";
    /// A voice that a user made; built-in voices have names instead.
    VoiceId = "voice";
    /// A recording from which a voice is made.
    RecordingId = "rec";
    /// A file on its way in.
    UploadId = "upload";
    /// An entry of a pronunciation dictionary.
    PronunciationId = "pron";
    /// Recordings and their words, from which a voice is trained.
    DatasetId = "dataset";
    /// A recording of a dataset.
    FileId = "file";
    /// A stretch of a recording with its words.
    SegmentId = "segment";
    /// A run that trains a voice.
    RunId = "run";
    /// What a run leaves on its way.
    CheckpointId = "checkpoint";
    /// The same texts by two voices.
    ComparisonId = "comparison";
    /// A sentence that a run speaks while it trains.
    SampleId = "sample";
    /// A user.
    UserId = "user";
    /// An API key.
    KeyId = "key";
    /// An entry of the log of who did what.
    AuditId = "audit";
    /// A secret that signs webhooks.
    SecretId = "secret";
    /// A webhook message.
    MessageId = "msg";
    /// A running worker.
    WorkerId = "worker";
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "job_0192f0a1b2c37d4e8f90a1b2c3d4e5f6";

    #[test]
    fn an_id_round_trips() {
        let id: JobId = TEXT.parse().unwrap();
        assert_eq!(id.to_string(), TEXT);
        assert_eq!(
            id.uuid().to_string(),
            "0192f0a1-b2c3-7d4e-8f90-a1b2c3d4e5f6"
        );
        assert_eq!(JobId::from(Uuid::from(id)), id);
    }

    #[test]
    fn serde_writes_the_wire_form() {
        let id: JobId = serde_json::from_str(&format!("\"{TEXT}\"")).unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{TEXT}\""));
        assert!(serde_json::from_str::<BatchId>(&format!("\"{TEXT}\"")).is_err());
    }

    #[test]
    fn what_is_wrong_is_told_precisely() {
        let cases = [
            ("", IdError::Prefix { expected: "job" }),
            (
                "batch_0192f0a1b2c37d4e8f90a1b2c3d4e5f6",
                IdError::Prefix { expected: "job" },
            ),
            (
                "job0192f0a1b2c37d4e8f90a1b2c3d4e5f6",
                IdError::Prefix { expected: "job" },
            ),
            ("job_", IdError::Length { found: 0 }),
            ("job_0192f0a1", IdError::Length { found: 8 }),
            (
                "job_0192f0a1b2c37d4e8f90a1b2c3d4e5f60",
                IdError::Length { found: 33 },
            ),
            (
                "job_0192f0a1-b2c3-7d4e-8f90-a1b2c3d4e5f6",
                IdError::Length { found: 36 },
            ),
            (
                "job_0192F0a1b2c37d4e8f90a1b2c3d4e5f6",
                IdError::Digit {
                    position: 8,
                    found: 'F',
                },
            ),
            (
                "job_0192f0a1b2c37d4e8f90a1b2c3d4e5fé",
                IdError::Digit {
                    position: 35,
                    found: 'é',
                },
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<JobId>(), Err(expected), "{text}");
        }
    }

    #[test]
    fn ids_sort_like_their_uuids() {
        let early: JobId = "job_0192f0a1b2c37d4e8f90a1b2c3d4e5f6".parse().unwrap();
        let late: JobId = "job_0192f0a1b2c47000800000000000000a".parse().unwrap();
        assert!(early < late && early.to_string() < late.to_string());
    }
}
