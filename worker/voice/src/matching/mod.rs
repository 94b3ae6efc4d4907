//! Voice matching: a recording in another voice, without any model.
//!
//! The recording's frames get the pitch and the long-term spectrum of the target and move towards its manner of moving; words, melody,
//! loudness and length stay the recording's. Two passes over 16 kHz samples: [`Listener`] learns who speaks, [`Matcher`] converts. Both take a stream in any
//! pieces, keep seconds of it, and give the same samples however it is cut. [`match_recording`] does both for a recording in memory.

mod error;
mod listener;
mod mapping;
mod matcher;
mod own_voice;
mod pitch;
mod report;
mod symmetric;
mod whole;

pub use error::{MatchingError, Warning};
pub use listener::{Listener, Source};
pub use matcher::Matcher;
pub use own_voice::{UnmeasuredVoice, profile_of};
pub use report::Report;
pub use whole::{Progress, match_recording};

/// The longest recording that is converted, in seconds.
pub const LONGEST_SECONDS: u32 = 1800;
/// The shortest one.
pub const SHORTEST_SECONDS: f32 = 0.3;

/// Where the melody goes.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Pitch {
    /// To the target's median and, within a factor of two, to its spread.
    #[default]
    Target,
    /// The recording's own, so many semitones higher (-24 to 24).
    Semitones(f32),
}

/// What a caller may choose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// How much of the target's manner of moving its mouth is taken over: 0 only its long-term spectrum, 1 all. More than a half costs words.
    pub similarity: f32,
    pub pitch: Pitch,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            similarity: 0.5,
            pitch: Pitch::Target,
        }
    }
}

impl Options {
    fn check(&self) -> Result<(), MatchingError> {
        if !(0.0..=1.0).contains(&self.similarity) {
            return Err(MatchingError::Similarity(self.similarity));
        }
        match self.pitch {
            Pitch::Semitones(shift) if !(-24.0..=24.0).contains(&shift) => {
                Err(MatchingError::PitchShift(shift))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
