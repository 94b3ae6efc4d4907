//! What a conversion may be asked for.

use crate::error::{Result, RvcError};
use crate::pitch::Unvoiced;

/// What a conversion is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Which of the voice's speakers.
    pub speaker: usize,
    /// How much higher, -24 to 24.
    pub semitones: f32,
    /// How much of the voice's own training is mixed into the features, 0 to 1; nothing without an index.
    pub index_rate: f32,
    /// How much of that stays where nobody sings, 0 to 0.5; at 0.5 all of it does.
    pub protect: f32,
    /// How much of the output's own loudness stays, 0 to 1; the rest is the recording's.
    pub loudness_rate: f32,
    pub unvoiced: Unvoiced,
    pub seed: u64,
    /// Of a window, 4 to 60 s.
    pub window_seconds: u32,
    /// Recordings that are longer are refused.
    pub most_seconds: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            speaker: 0,
            semitones: 0.0,
            index_rate: 0.75,
            protect: 0.33,
            loudness_rate: 0.25,
            unvoiced: Unvoiced::Zero,
            seed: 0,
            window_seconds: 30,
            most_seconds: 30 * 60,
        }
    }
}

impl Settings {
    /// Whether all lie where they should; what is no number does not.
    pub(crate) fn check(&self) -> Result<()> {
        for (name, value, least, most) in [
            ("semitones", self.semitones, -24.0, 24.0),
            ("index_rate", self.index_rate, 0.0, 1.0),
            ("protect", self.protect, 0.0, 0.5),
            ("loudness_rate", self.loudness_rate, 0.0, 1.0),
            ("window_seconds", self.window_seconds as f32, 4.0, 60.0),
        ] {
            if !(least..=most).contains(&value) {
                return Err(RvcError::Setting {
                    name,
                    value,
                    least,
                    most,
                });
            }
        }
        Ok(())
    }
}
