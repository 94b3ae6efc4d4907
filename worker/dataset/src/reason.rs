//! Why a segment is doubted or rejected.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($($(#[$meaning:meta])* $variant:ident = $name:literal,)+) => {
        /// What is wrong with a segment. Nothing is deleted for it: a rejection is a state that its owner may revoke.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Reason {
            $($(#[$meaning])* #[serde(rename = $name)] $variant,)+
        }

        impl Reason {
            /// In the order in which they are told.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// As it stands in answers and in the database.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

reasons! {
    /// Shorter than what a model learns from.
    TooShort = "too_short",
    /// Longer than what a model takes.
    TooLong = "too_long",
    /// Samples stand at their limits.
    Clipped = "clipped",
    /// The pauses are nearly as loud as the speech.
    Noisy = "noisy",
    /// Nobody speaks.
    Silent = "silent",
    /// More than one voice, or another one than in the rest of the set.
    TwoSpeakers = "two_speakers",
    /// Something plays along.
    Music = "music",
    /// There is no transcript.
    NoText = "no_text",
    /// More characters than a model takes.
    TextTooLong = "text_too_long",
    /// So many characters a second, or so few, that text and recording may not belong together.
    RateOdd = "rate_odd",
    /// Another language than that of the dataset.
    LanguageOdd = "language_odd",
    /// The same samples as another segment, or nearly the same sound.
    Duplicate = "duplicate",
    /// The text does not fit what is heard.
    Misaligned = "misaligned",
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// There is no reason of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a reason for which segments are rejected")]
pub struct UnknownReason(String);

impl FromStr for Reason {
    type Err = UnknownReason;

    fn from_str(name: &str) -> Result<Self, UnknownReason> {
        let found = Self::ALL.iter().find(|reason| reason.name() == name);
        found.copied().ok_or_else(|| UnknownReason(name.to_owned()))
    }
}

/// What follows from a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// To be looked at, and used.
    Mark,
    /// Left out unless its owner says otherwise.
    Reject,
}

/// Something that was found of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub reason: Reason,
    pub severity: Severity,
}

impl Finding {
    /// Something that is to be looked at.
    pub const fn mark(reason: Reason) -> Self {
        Self {
            reason,
            severity: Severity::Mark,
        }
    }

    /// Something for which a segment is left out.
    pub const fn reject(reason: Reason) -> Self {
        Self {
            reason,
            severity: Severity::Reject,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_one_name_everywhere() {
        assert_eq!(Reason::ALL.len(), 13);
        for reason in Reason::ALL {
            assert_eq!(reason.name().parse(), Ok(*reason));
            let written = serde_json::to_value(reason).unwrap();
            assert_eq!(written, reason.name());
        }
        let why = "loud".parse::<Reason>().unwrap_err().to_string();
        assert!(why.contains("`loud`"), "{why}");
    }
}
