//! Recordings that a voice is to be matched to.

use super::analyze;
use crate::resample::{ResampleError, resample};
use crate::{FRAME_SECONDS, SAMPLE_RATE, VocoderFrames};

/// A longer recording says nothing more about its voice.
pub const LONGEST_SECONDS: f32 = 300.0;
/// Voiced speech that a voice can be told by.
const LEAST_VOICED_SECONDS: f32 = 1.0;
/// RMS of the loudest 50 ms below which there is no speech (-60 dB).
const SILENCE: f32 = 1e-3;
/// Part of the recording that may stand at its limits.
const MOST_CLIPPED: f32 = 0.02;
/// Samples in a row at the same limit are clipped, a single one is a peak.
const CLIPPED_RUN: usize = 3;
/// Of full scale: below, nothing is clipped.
const CLIPPING: f32 = 0.5;

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum UnusableReference {
    #[error("the recording lasts {found:.0} s, give at most {LONGEST_SECONDS} s")]
    TooLong { found: f32 },
    #[error("the recording is silent, its loudest part is at {decibels:.0} dB of full scale")]
    Silent { decibels: f32 },
    #[error("the recording has {found:.1} s of voiced speech, give at least {least} s", least = LEAST_VOICED_SECONDS)]
    TooLittleVoiced { found: f32 },
    #[error("{percent:.0} % of the recording is clipped, record it at a lower level")]
    Clipped { percent: f32 },
    #[error("sample {0} of the recording is not a finite number")]
    NotFinite(usize),
    #[error(transparent)]
    Rate(#[from] ResampleError),
}

/// The frames of a recording (mono, within ±1, `sample_rate` in Hz) if a voice can be told by it.
pub fn analyze_reference(
    samples: &[f32],
    sample_rate: u32,
) -> Result<VocoderFrames, UnusableReference> {
    check(samples, sample_rate)?;
    let frames = analyze(&resample(samples, sample_rate, SAMPLE_RATE)?);
    let voiced = frames.f0.iter().filter(|f0| **f0 > 0.0).count();
    let found = voiced as f32 * FRAME_SECONDS;
    if found < LEAST_VOICED_SECONDS {
        return Err(UnusableReference::TooLittleVoiced { found });
    }
    Ok(frames)
}

fn check(samples: &[f32], sample_rate: u32) -> Result<(), UnusableReference> {
    let seconds = samples.len() as f32 / sample_rate.max(1) as f32;
    if seconds > LONGEST_SECONDS {
        return Err(UnusableReference::TooLong { found: seconds });
    }
    if let Some(index) = samples.iter().position(|v| !v.is_finite()) {
        return Err(UnusableReference::NotFinite(index));
    }
    let blocks = samples.chunks((sample_rate as usize / 20).max(1));
    let power = blocks.map(|b| b.iter().map(|v| v * v).sum::<f32>() / b.len() as f32);
    let loudest = power.fold(0.0, f32::max).sqrt();
    if loudest < SILENCE {
        let decibels = 20.0 * loudest.max(1e-6).log10();
        return Err(UnusableReference::Silent { decibels });
    }
    let clipped = clipped(samples) as f32 / samples.len() as f32;
    if clipped > MOST_CLIPPED {
        let percent = 100.0 * clipped;
        return Err(UnusableReference::Clipped { percent });
    }
    Ok(())
}

/// Samples in runs at the largest or smallest value.
fn clipped(samples: &[f32]) -> usize {
    let limit = samples.iter().fold(0f32, |limit, v| limit.max(v.abs()));
    if limit < CLIPPING {
        return 0;
    }
    let at_limit = |value: &f32| value.abs() > 0.999 * limit;
    samples
        .chunk_by(|a, b| at_limit(a) && at_limit(b) && a.signum() * b.signum() > 0.0)
        .map(<[f32]>::len)
        .filter(|run| *run >= CLIPPED_RUN)
        .sum()
}
