//! Melodies in another range.

use super::{Pitch, Source};
use crate::speaker::Moments;

/// How much wider or narrower a melody may become.
const SPREADS: (f32, f32) = (0.5, 2.0);
/// A spread below this is that of a tone, not of a melody.
const LEAST_SPREAD: f32 = 1e-3;
/// Hz; what the vocoder has.
const LOWEST: f32 = 40.0;
const HIGHEST: f32 = 500.0;

/// A straight line on ln f0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PitchLine {
    from: f32,
    to: f32,
    slope: f32,
}

impl PitchLine {
    pub(super) fn new(source: &Source, target: &Moments, pitch: Pitch) -> Self {
        let (from, spread) = source.melody.unwrap_or((target.log_pitch, 0.0));
        match pitch {
            Pitch::Semitones(shift) => Self {
                from,
                to: from + shift * std::f32::consts::LN_2 / 12.0,
                slope: 1.0,
            },
            Pitch::Target => Self {
                from,
                to: target.log_pitch,
                slope: if spread < LEAST_SPREAD {
                    1.0
                } else {
                    (target.melody / spread).clamp(SPREADS.0, SPREADS.1)
                },
            },
        }
    }

    /// Hz to Hz; 0 stays 0.
    pub(super) fn map(&self, f0: f32) -> f32 {
        if f0 <= 0.0 {
            return 0.0;
        }
        let mapped = ((f0.ln() - self.from) * self.slope + self.to).exp();
        mapped.clamp(LOWEST, HIGHEST)
    }
}
