//! What the model is asked to say, and what it answers.

use super::error::ModelError;
use super::features::SentenceKind;
use crate::VocoderFrames;
use crate::speaker::Speaker;
use kiskadee_pronunciation::PhoneToken;
use kiskadee_text::Language;

/// Tokens of one utterance; a sentence has about 60.
pub const MOST_TOKENS: usize = 4096;
/// A token that is told its duration may last this long.
pub const LONGEST_SECONDS: f32 = 60.0;

/// One sentence or phrase to be spoken by one speaker.
#[derive(Debug, Clone)]
pub struct Utterance<'a> {
    pub tokens: &'a [PhoneToken],
    pub language: Language,
    pub kind: SentenceKind,
    pub speaker: Speaker,
    /// 1 is natural, 2 twice as fast; 0.25 to 4.
    pub rate: f32,
    /// Semitones above the speaker's pitch; -24 to 24.
    pub pitch_shift: f32,
    /// For each token, or empty.
    pub controls: &'a [TokenControl],
}

/// What is asked of a single token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TokenControl {
    /// Times the natural duration; 0.25 to 4.
    pub stretch: f32,
    /// Semitones; -24 to 24.
    pub pitch: f32,
    /// dB; -60 to 20.
    pub loudness: f32,
}

impl Default for TokenControl {
    fn default() -> Self {
        Self {
            stretch: 1.0,
            pitch: 0.0,
            loudness: 0.0,
        }
    }
}

impl TokenControl {
    /// Stress on a word: above 0 stronger, below 0 weaker; -1 to 1.
    pub fn emphasis(strength: f32) -> Self {
        let strength = strength.clamp(-1.0, 1.0);
        Self {
            stretch: 1.0 + 0.2 * strength,
            pitch: 2.0 * strength,
            loudness: 3.0 * strength,
        }
    }
}

/// What was spoken.
#[derive(Debug, Clone, PartialEq)]
pub struct Spoken {
    pub frames: VocoderFrames,
    /// Frames of 5 ms for each token; together all frames.
    pub durations: Vec<u32>,
}

impl Utterance<'_> {
    pub(super) fn control(&self, index: usize) -> TokenControl {
        self.controls.get(index).copied().unwrap_or_default()
    }

    pub(super) fn check(&self) -> Result<(), ModelError> {
        let tokens = self.tokens.len();
        if tokens > MOST_TOKENS {
            return Err(ModelError::Limit {
                what: "the number of tokens",
                found: tokens,
                limit: MOST_TOKENS,
            });
        }
        if tokens == 0 {
            return Err(ModelError::Empty);
        }
        if !self.controls.is_empty() && self.controls.len() != tokens {
            return Err(ModelError::Controls {
                controls: self.controls.len(),
                tokens,
            });
        }
        within("the rate", self.rate, 0.25, 4.0)?;
        within("the shift of the pitch", self.pitch_shift, -24.0, 24.0)?;
        within("the speaker's pitch", self.speaker.pitch, 20.0, 1000.0)?;
        self.speaker
            .vector
            .0
            .iter()
            .try_for_each(|value| within("a value of the speaker", *value, -10.0, 10.0))?;
        let seconds = self.tokens.iter().filter_map(|token| token.seconds);
        for seconds in seconds {
            within("the duration of a token", seconds, 0.0, LONGEST_SECONDS)?;
        }
        self.controls.iter().try_for_each(TokenControl::check)
    }
}

impl TokenControl {
    fn check(&self) -> Result<(), ModelError> {
        within("the stretch of a token", self.stretch, 0.25, 4.0)?;
        within("the pitch of a token", self.pitch, -24.0, 24.0)?;
        within("the loudness of a token", self.loudness, -60.0, 20.0)
    }
}

fn within(what: &'static str, found: f32, least: f32, most: f32) -> Result<(), ModelError> {
    if (least..=most).contains(&found) {
        Ok(())
    } else {
        Err(ModelError::Range {
            what,
            found,
            least,
            most,
        })
    }
}
