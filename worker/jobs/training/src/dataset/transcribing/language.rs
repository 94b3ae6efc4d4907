//! What is spoken in a recording: told by somebody, or by the recording itself.

use kiskadee_runner::JobError;
use kiskadee_whisper::{Expected, code_of_tag};

use super::HearArgs;
use crate::hearing::Listener;

/// Probability from which another language than the dataset's is believed.
const LEAST_OF_OTHERS: f32 = 0.5;

/// What is known of the language before anything is heard.
#[derive(Debug, Clone, Copy)]
pub(super) enum Spoken {
    /// Somebody said so.
    Given(&'static str),
    /// That of the dataset, unless it sounds otherwise.
    Expected(&'static str),
    /// The model does not know that of the dataset, or it has no code.
    Unknown,
}

/// The language of a recording.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Language {
    pub(super) code: String,
    pub(super) probability: Option<f32>,
    /// Another one than the dataset's.
    pub(super) odd: bool,
}

impl Spoken {
    /// By what the caller says, else by the dataset.
    ///
    /// # Errors
    /// The recogniser does not know what the caller says.
    pub(super) fn find(args: &HearArgs, listener: &Listener) -> Result<Self, JobError> {
        let known = |tag: &str| code_of_tag(tag).filter(|code| listener.knows(code));
        match &args.hear.language {
            Some(tag) => known(tag).map(Self::Given).ok_or_else(|| {
                let recogniser = &args.recogniser;
                JobError::Reject(format!(
                    "the recogniser `{recogniser}` does not know `{tag}`"
                ))
            }),
            None => Ok(known(&args.language).map_or(Self::Unknown, Self::Expected)),
        }
    }

    /// What the recogniser is asked to expect, and how sure it must be of another language.
    pub(super) fn expected(self) -> Expected {
        let (language, least) = match self {
            Self::Given(code) | Self::Expected(code) => (code, LEAST_OF_OTHERS),
            Self::Unknown => ("", 0.0),
        };
        Expected {
            language: language.to_owned(),
            least,
        }
    }

    /// A language that was told, and whether it is odd in the dataset.
    pub(super) fn judged(self, code: String, probability: Option<f32>) -> Language {
        let odd = match self {
            Self::Given(_) => false,
            Self::Expected(own) => code != own,
            Self::Unknown => true,
        };
        Language {
            code,
            probability,
            odd,
        }
    }
}
