//! Voices made from recordings.

use crate::SpeechError;

/// What a caller handed in to take a voice from.
#[derive(Debug, Clone)]
pub struct Recording {
    /// Mono, -1.0..=1.0.
    pub samples: Vec<f32>,
    /// Hz.
    pub sample_rate: u32,
}

impl Recording {
    pub fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.sample_rate.max(1))
    }
}

/// An engine that can take a voice from recordings.
pub trait VoiceMaker: Send + Sync {
    /// The rate at which it wants recordings, in Hz.
    fn recording_rate(&self) -> u32;

    /// What the engine must know of the voice to speak with it; of no meaning to anyone else. All recordings, one or more,
    /// are of the same voice. Takes a while and blocks. Fails with [`SpeechError::Reject`] where there is no usable voice
    /// in a recording.
    fn condition(&self, recordings: &[Recording]) -> Result<Vec<u8>, SpeechError>;
}
