//! A recording that comes piece by piece.

use kiskadee_nn::LstmMemory;

use super::{
    CHUNK,
    network::{CONTEXT, SpeechDetector},
};
use crate::DatasetError;

/// Chunks that are read at once: 8 s, some 4 MB on the way.
const BLOCK: usize = 256;

/// What was heard of one recording. Pieces of any length give what the whole gives, to the bit.
pub struct SpeechStream<'a> {
    detector: &'a SpeechDetector,
    memory: LstmMemory,
    /// The context of the next chunk, and what does not fill a chunk yet.
    waiting: Vec<f32>,
}

impl<'a> SpeechStream<'a> {
    pub(super) fn new(detector: &'a SpeechDetector) -> Self {
        Self {
            detector,
            memory: detector.memory(),
            waiting: vec![0.0; CONTEXT],
        }
    }

    /// The probabilities of the chunks that these samples (16 kHz, ±1) complete.
    pub fn hear(&mut self, samples: &[f32]) -> Result<Vec<f32>, DatasetError> {
        let mut probabilities = Vec::new();
        for piece in samples.chunks(BLOCK * CHUNK) {
            // What is not a number would stay in the memory for ever.
            let finite = |sample: &f32| if sample.is_finite() { *sample } else { 0.0 };
            self.waiting.extend(piece.iter().map(finite));
            let chunks = (self.waiting.len() - CONTEXT) / CHUNK;
            if chunks > 0 {
                let heard = &self.waiting[..CONTEXT + chunks * CHUNK];
                probabilities.extend(self.detector.read(heard, &mut self.memory)?);
                self.waiting.drain(..chunks * CHUNK);
            }
        }
        Ok(probabilities)
    }

    /// The probability of what is left, filled up with silence.
    pub fn finish(mut self) -> Result<Option<f32>, DatasetError> {
        let left = self.waiting.len() - CONTEXT;
        if left == 0 {
            return Ok(None);
        }
        Ok(self.hear(&vec![0.0; CHUNK - left])?.pop())
    }
}
