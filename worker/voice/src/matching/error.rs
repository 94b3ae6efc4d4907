//! Why a recording is not converted, and what is to be known of one that is.

use serde::Serialize;

use super::{LONGEST_SECONDS, SHORTEST_SECONDS};

#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MatchingError {
    #[error("the recording lasts {seconds:.2} s, give at least {SHORTEST_SECONDS} s")]
    TooShort { seconds: f32 },
    #[error("the recording is longer than {LONGEST_SECONDS} s")]
    TooLong,
    #[error("the recording is silent, its loudest part is at {decibels:.0} dB of full scale")]
    Silent { decibels: f32 },
    #[error("similarity must be from 0 to 1, not {0}")]
    Similarity(f32),
    #[error("pitch_shift must be from -24 to 24 semitones, not {0}")]
    PitchShift(f32),
    #[error("the conversion was cancelled")]
    Cancelled,
}

impl MatchingError {
    /// A name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => "audio_too_short",
            Self::TooLong => "audio_too_long",
            Self::Silent { .. } => "audio_silent",
            Self::Similarity(_) => "similarity_out_of_range",
            Self::PitchShift(_) => "pitch_shift_out_of_range",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What a converted recording leaves to be desired; written as its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Warning {
    /// A whisper, noise or music: there is no pitch to move.
    NoVoicedSpeech,
    /// Less than two seconds of speech: its own voice is not well known.
    LittleSpeech,
    /// More than 2 % of the samples stand at full scale.
    AudioClipped,
    /// Samples that are no numbers were taken for silence.
    SamplesNotFinite,
}
