//! The sizes of the acoustic model, kept beside its weights.

use serde::{Deserialize, Serialize};

use super::error::ModelError;

/// Values that the speaker vector holds.
pub const SPEAKER_WIDTH: usize = 32;

/// What decides the shape of every parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Channels at phone rate.
    pub phone_width: usize,
    /// Phones that a block at phone rate sees at once.
    pub phone_taps: usize,
    /// Distance between those phones, one entry for each block.
    pub phone_dilations: Vec<usize>,
    /// Channels inside the duration head.
    pub duration_width: usize,
    /// Channels at frame rate.
    pub frame_width: usize,
    /// Frames that a block at frame rate sees at once.
    pub frame_taps: usize,
    /// Distance between those frames, one entry for each block.
    pub frame_dilations: Vec<usize>,
    /// Hidden units of the speaker encoder.
    pub encoder_width: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            phone_width: 256,
            phone_taps: 5,
            phone_dilations: vec![1, 1, 2, 4, 1, 1],
            duration_width: 96,
            frame_width: 192,
            frame_taps: 3,
            frame_dilations: vec![1, 2, 4, 8, 1, 2, 4, 1],
            encoder_width: 96,
        }
    }
}

impl Config {
    /// A model for tests: everything there, nothing large.
    pub fn tiny() -> Self {
        Self {
            phone_width: 12,
            phone_taps: 3,
            phone_dilations: vec![1, 2],
            duration_width: 6,
            frame_width: 16,
            frame_taps: 3,
            frame_dilations: vec![1, 2],
            encoder_width: 8,
        }
    }

    /// Refuses sizes that no model of this kind has, so that a damaged file cannot ask for all memory.
    pub fn check(&self) -> Result<(), ModelError> {
        let widths = [
            self.phone_width,
            self.duration_width,
            self.frame_width,
            self.encoder_width,
        ];
        let are_dilations = |dilations: &[usize]| {
            (1..=32).contains(&dilations.len())
                && dilations.iter().all(|dilation| (1..=64).contains(dilation))
        };
        let fits = widths.iter().all(|width| (1..=2048).contains(width))
            && are_dilations(&self.phone_dilations)
            && are_dilations(&self.frame_dilations)
            && [self.phone_taps, self.frame_taps]
                .iter()
                .all(|taps| taps % 2 == 1 && *taps <= 15);
        if fits {
            Ok(())
        } else {
            Err(ModelError::Config(format!("sizes out of range: {self:?}")))
        }
    }
}
