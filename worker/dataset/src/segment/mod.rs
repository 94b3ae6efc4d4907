//! From regions of speech to segments of a length that models train on.
//!
//! Neighbours are joined, what is too long is cut at its longest pause, and both ends get a margin of what was really recorded. No speech is
//! lost for want of a full stop, as where segments follow the words of a recogniser: what is too short to be used is there too, marked as such.

mod cut;
mod join;

use std::ops::Range;

use crate::{
    DatasetError,
    vad::{Region, RegionOptions, SAMPLE_RATE, regions},
};

/// How to cut.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentOptions {
    /// Shorter segments are rejected.
    pub min_seconds: f32,
    /// No segment is longer. XTTS takes 11.6 s.
    pub max_seconds: f32,
    /// The probability at which speech begins.
    pub threshold: f32,
    /// Shorter pauses separate nothing.
    pub min_silence_ms: u32,
    /// The margin at both ends.
    pub pad_ms: u32,
}

impl Default for SegmentOptions {
    fn default() -> Self {
        Self {
            min_seconds: 1.0,
            max_seconds: 11.0,
            threshold: 0.5,
            min_silence_ms: 300,
            pad_ms: 100,
        }
    }
}

/// A piece of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// In samples at 16 kHz, with the margins.
    pub range: Range<usize>,
    /// Rejected for its length.
    pub is_too_short: bool,
}

impl Segment {
    /// Of the range, in seconds.
    pub fn seconds(&self) -> Range<f64> {
        let seconds = |samples| samples as f64 / f64::from(SAMPLE_RATE);
        seconds(self.range.start)..seconds(self.range.end)
    }
}

/// The segments of a mono recording at 16 kHz, by the probabilities of [`crate::vad::SpeechDetector`]. They are in their order, never overlap,
/// and have all regions of speech in them.
///
/// Errors: options that contradict each other.
pub fn segments(
    samples: &[f32],
    probabilities: &[f32],
    options: &SegmentOptions,
) -> Result<Vec<Segment>, DatasetError> {
    let limits = Limits::of(options)?;
    let heard = RegionOptions {
        threshold: options.threshold,
        min_silence_ms: options.min_silence_ms,
        pad_ms: 0,
        ..RegionOptions::default()
    };
    let spoken = regions(probabilities, samples.len(), &heard)?;
    let joined = join::join(&spoken, &limits);
    let recording = cut::Recording {
        samples,
        probabilities,
    };
    let pieces: Vec<Region> = joined
        .into_iter()
        .flat_map(|region| recording.cut(region, &limits))
        .collect();
    Ok(with_margins(&pieces, samples.len(), &limits))
}

/// The options in samples.
struct Limits {
    shortest: usize,
    /// Of speech, so that it stays within the longest segment with its margins.
    longest: usize,
    margin: usize,
}

impl Limits {
    fn of(options: &SegmentOptions) -> Result<Self, DatasetError> {
        let refused = |why: String| Err(DatasetError::Options(why));
        let (min, max) = (options.min_seconds, options.max_seconds);
        if !(0.1..=60.0).contains(&min) || !(1.0..=60.0).contains(&max) {
            return refused(format!(
                "segments of {min} to {max} s cannot be cut: the shortest may be 0.1 to 60 s, the longest 1 to 60 s"
            ));
        }
        let margin = crate::vad::to_samples(options.pad_ms);
        let samples = |seconds: f32| (seconds * SAMPLE_RATE as f32) as usize;
        let (shortest, longest) = (samples(min), samples(max).saturating_sub(2 * margin));
        if longest < 2 * shortest.max(crate::vad::CHUNK) {
            return refused(format!(
                "with margins of {} ms the longest segment must be more than twice the shortest: {min} and {max} s are not",
                options.pad_ms
            ));
        }
        Ok(Self {
            shortest,
            longest,
            margin,
        })
    }
}

/// Margins never reach into a neighbour: what lies between two is shared.
fn with_margins(pieces: &[Region], samples: usize, limits: &Limits) -> Vec<Segment> {
    let segments = pieces.iter().enumerate().map(|(index, piece)| {
        let before = index.checked_sub(1).map(|before| pieces[before].end);
        let behind = pieces.get(index + 1).map(|next| next.start);
        let at_start = before.map_or(piece.start, |end| (piece.start - end) / 2);
        let at_end = behind.map_or(samples - piece.end, |start| (start - piece.end) / 2);
        let range =
            piece.start - at_start.min(limits.margin)..piece.end + at_end.min(limits.margin);
        Segment {
            is_too_short: range.len() < limits.shortest,
            range,
        }
    });
    segments.collect()
}
