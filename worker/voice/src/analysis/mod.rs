//! Analysis: samples to the vocoder's frames.
//!
//! The fundamental frequency comes first, the envelope and the strengths of the bands are looked at pitch by pitch. What
//! the vocoder makes of the frames sounds like the recording.

mod correlation;
mod envelope;
mod periodicity;
mod pitch;
mod reference;
mod stream;

use envelope::Envelope;
pub(crate) use envelope::{unwarp, warp};
use periodicity::Bands;

use crate::vocoder::BAND_EDGES;
use crate::{HOP, STRENGTHS, VocoderFrames};

pub use reference::{LONGEST_SECONDS, UnusableReference, analyze_reference};
pub use stream::AnalysisStream;

/// The frames of `samples` at 16 kHz within ±1, one for each whole 80 samples; frame t tells of the sound around sample
/// 80 (t + 1), where the vocoder has it too. What is not a finite number counts as 0.
pub fn analyze(samples: &[f32]) -> VocoderFrames {
    let samples: Vec<f32> = samples
        .iter()
        .map(|v| {
            if v.is_finite() {
                v.clamp(-8.0, 8.0)
            } else {
                0.0
            }
        })
        .collect();
    let f0 = pitch::track(&samples, samples.len() / HOP);
    let bands = Bands::new(&samples);
    let mut envelope = Envelope::new();
    let mut frames = VocoderFrames::default();
    for (frame, f0) in f0.into_iter().enumerate() {
        let centre = (frame + 1) * HOP;
        let strengths = bands.strengths(centre, f0);
        let gain = |hertz: f32| power(&strengths, hertz);
        let cepstrum = envelope.mel_cepstrum(&samples, centre, f0, gain);
        frames.f0.push(f0);
        frames.mel_cepstrum.push(cepstrum);
        frames.strengths.push(strengths);
    }
    frames
}

/// Of the excitation at a frequency: pulses and noise that share a band have less than each of them alone.
fn power(strengths: &[f32; STRENGTHS], hertz: f32) -> f32 {
    let band = BAND_EDGES.iter().position(|edge| hertz < *edge);
    let pulses = strengths[band.unwrap_or(STRENGTHS - 1)];
    pulses * pulses + (1.0 - pulses) * (1.0 - pulses)
}

#[cfg(test)]
mod tests;
