//! What is said of a conversion beside its samples.

use ebur128::{EbuR128, Mode};
use serde::Serialize;

use super::pitch::PitchLine;
use super::{Source, Warning};
use crate::{SAMPLE_RATE, VocoderFrames};

/// Part of the samples that may stand at full scale.
const MOST_CLIPPED: f64 = 0.02;
const FULL_SCALE: f32 = 0.999;

/// What was done to a recording.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    pub seconds: f64,
    /// Hz; none where there is no voiced speech.
    pub source_median: Option<f32>,
    /// Hz; of what was made.
    pub target_median: Option<f32>,
    /// Of all frames.
    pub voiced_ratio: f32,
    /// Of what was made; none where it is too short or quiet to have one.
    pub loudness_lufs: Option<f32>,
    pub warnings: Vec<Warning>,
}

/// Counts while samples go by.
pub(super) struct Counts {
    samples: u64,
    clipped: u64,
    not_finite: u64,
    frames: u64,
    voiced: u64,
    meter: Option<EbuR128>,
}

impl Counts {
    pub(super) fn new() -> Self {
        Self {
            samples: 0,
            clipped: 0,
            not_finite: 0,
            frames: 0,
            voiced: 0,
            meter: EbuR128::new(1, SAMPLE_RATE, Mode::I).ok(),
        }
    }

    pub(super) fn samples(&self) -> u64 {
        self.samples
    }

    pub(super) fn take(&mut self, samples: &[f32]) {
        self.samples += samples.len() as u64;
        for sample in samples {
            self.clipped += u64::from(sample.abs() >= FULL_SCALE);
            self.not_finite += u64::from(!sample.is_finite());
        }
    }

    pub(super) fn look(&mut self, frames: &VocoderFrames) {
        self.frames += frames.len() as u64;
        self.voiced += frames.f0.iter().filter(|f0| **f0 > 0.0).count() as u64;
    }

    pub(super) fn give(&mut self, samples: &[f32]) {
        if let Some(meter) = &mut self.meter
            && meter.add_frames_f32(samples).is_err()
        {
            self.meter = None;
        }
    }

    pub(super) fn report(self, source: &Source, pitch: PitchLine) -> Report {
        let loudness = self.meter.and_then(|meter| meter.loudness_global().ok());
        let mut warnings = source.warnings();
        if self.clipped as f64 > MOST_CLIPPED * self.samples as f64 {
            warnings.push(Warning::AudioClipped);
        }
        if self.not_finite > 0 {
            warnings.push(Warning::SamplesNotFinite);
        }
        Report {
            seconds: self.samples as f64 / f64::from(SAMPLE_RATE),
            source_median: source.pitch(),
            target_median: source.pitch().map(|hertz| pitch.map(hertz)),
            voiced_ratio: self.voiced as f32 / self.frames.max(1) as f32,
            loudness_lufs: loudness.map(|l| l as f32).filter(|l| l.is_finite()),
            warnings,
        }
    }
}
