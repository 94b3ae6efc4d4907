//! The second pass: the recording in the other voice.

use super::mapping::Mapping;
use super::report::{Counts, Report};
use super::{LONGEST_SECONDS, MatchingError, Options, Source};
use crate::analysis::AnalysisStream;
use crate::speaker::Moments;
use crate::vocoder::Vocoder;
use crate::{SAMPLE_RATE, VocoderFrames};

/// Converts a stream. It works when 10 s have come together, and for a fifth of a second of processor time then: a caller that wants to stop
/// does so between two calls.
pub struct Matcher {
    source: Source,
    mapping: Mapping,
    analysis: AnalysisStream,
    vocoder: Vocoder,
    counts: Counts,
    given: u64,
}

impl Matcher {
    /// Errors: options out of their ranges.
    pub fn new(source: Source, target: &Moments, options: &Options) -> Result<Self, MatchingError> {
        options.check()?;
        Ok(Self {
            mapping: Mapping::new(&source, target, options),
            source,
            analysis: AnalysisStream::new(),
            vocoder: Vocoder::new(),
            counts: Counts::new(),
            given: 0,
        })
    }

    /// The next samples at 16 kHz within ±1 for the next of the recording. Errors: more than [`LONGEST_SECONDS`].
    pub fn push(&mut self, samples: &[f32]) -> Result<Vec<f32>, MatchingError> {
        self.counts.take(samples);
        if self.counts.samples() > u64::from(LONGEST_SECONDS * SAMPLE_RATE) {
            return Err(MatchingError::TooLong);
        }
        let frames = self.analysis.push(samples);
        Ok(self.convert(frames))
    }

    /// The last samples, of which there are as many in all as were put in.
    pub fn finish(mut self) -> (Vec<f32>, Report) {
        let frames = std::mem::take(&mut self.analysis).finish();
        let mut last = self.convert(frames);
        // The last frame is one of 80 samples, of which the recording may have fewer.
        let over = usize::try_from(self.given.saturating_sub(self.counts.samples())).unwrap_or(0);
        last.truncate(last.len().saturating_sub(over));
        (last, self.counts.report(&self.source, self.mapping.pitch()))
    }

    fn convert(&mut self, mut frames: VocoderFrames) -> Vec<f32> {
        self.counts.look(&frames);
        self.mapping.apply(&mut frames);
        let samples = self.vocoder.synthesize(&frames);
        self.counts.give(&samples);
        self.given += samples.len() as u64;
        samples
    }
}
