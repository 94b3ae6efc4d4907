//! The vocoder: frames to samples.
//!
//! Pulses and noise, mixed band by band (Yoshimura et al., 2001), go through a filter with the spectrum of the
//! mel-cepstrum (Imai, 1983). Whatever finite or infinite values the frames hold, the samples are finite and within ±1.

mod bands;
mod coefficients;
mod excitation;
mod mlsa;

use coefficients::Coefficients;
use excitation::{Excitation, Source};
use mlsa::Mlsa;

pub(crate) use bands::BAND_EDGES;
pub(crate) use mlsa::ALPHA;

use crate::loudness::soft_limit;
use crate::{HOP, MEL_CEPSTRUM, VocoderFrames};

/// `c0` counts in steps of 16 bits at two thirds of the height, as flite's vocoder has it, from which the parameters' scale comes.
pub(crate) const SCALE: f32 = 1.5 / 32_768.0;
/// Of the filter that takes the mean of the pulses away, at 13 Hz.
const LEAK: f32 = 0.995;
/// The filter is at rest above this, or it is not at all.
const RUNAWAY: f32 = 1e6;

/// A vocoder in the midst of speech: what it gives for frames follows on what it gave before.
#[derive(Debug, Clone)]
pub struct Vocoder {
    excitation: Excitation,
    filter: Mlsa,
    /// Where the last frame ended; none at the start.
    last: Option<(Source, Coefficients)>,
    mean: Mean,
}

#[derive(Debug, Clone, Default)]
struct Mean {
    input: f32,
    output: f32,
}

impl Default for Vocoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Vocoder {
    pub fn new() -> Self {
        Self {
            excitation: Excitation::new(),
            filter: Mlsa::new(),
            last: None,
            mean: Mean::default(),
        }
    }

    /// The next samples, 80 for each frame, at 16 kHz within ±1.
    ///
    /// Frames may come in any number at a time; the samples are the same. If the fields of `frames` differ in length, the
    /// shortest counts.
    pub fn synthesize(&mut self, frames: &VocoderFrames) -> Vec<f32> {
        let rows = frames.f0.iter().zip(&frames.mel_cepstrum);
        let rows = rows.zip(&frames.strengths);
        let mut samples = Vec::with_capacity(frames.len() * HOP);
        for ((f0, cepstrum), strengths) in rows {
            let source = Source::new(*f0, strengths);
            self.add_block(source, cepstrum, &mut samples);
        }
        samples
    }

    fn add_block(&mut self, source: Source, cepstrum: &[f32; MEL_CEPSTRUM], out: &mut Vec<f32>) {
        let coefficients = Coefficients::new(cepstrum);
        let (last, from) = self.last.unwrap_or((source, coefficients));
        let excitation = self.excitation.block(&last, &source);
        for (index, sample) in excitation.into_iter().enumerate() {
            let now = from
                .towards(&coefficients, index as f32 / HOP as f32)
                .values;
            let filtered = self.filter.filter(sample * now[0].exp() * SCALE, &now);
            if filtered.abs() < RUNAWAY {
                out.push(soft_limit(self.mean.remove(filtered)));
            } else {
                self.filter = Mlsa::new();
                self.mean = Mean::default();
                out.push(0.0);
            }
        }
        self.last = Some((source, coefficients));
    }
}

impl Mean {
    fn remove(&mut self, sample: f32) -> f32 {
        self.output = sample - self.input + LEAK * self.output;
        self.input = sample;
        self.output
    }
}

#[cfg(test)]
mod tests;
