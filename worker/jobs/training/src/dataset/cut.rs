//! Where a recording is cut: by who speaks when, or around all of it where its words are known.

use std::ops::Range;

use kiskadee_dataset::{
    DatasetError,
    segment::{Segment, SegmentOptions, segments},
    vad::{RegionOptions, SAMPLE_RATE, SpeechDetector, regions},
};

use super::args::CutOptions;

/// How a recording is cut, in seconds.
#[derive(Debug, PartialEq)]
pub(super) struct Cuts {
    pub(super) pieces: Vec<Range<f64>>,
    /// It is one piece, which has all words of the recording.
    pub(super) is_whole: bool,
}

impl CutOptions {
    fn to_segments(&self) -> SegmentOptions {
        SegmentOptions {
            min_seconds: self.min_seconds as f32,
            max_seconds: self.max_seconds as f32,
            threshold: self.threshold as f32,
            min_silence_ms: self.min_silence_ms as u32,
            pad_ms: self.pad_ms as u32,
        }
    }
}

/// Hears a recording of samples at 16 kHz. One with words stays one piece where that is short enough.
pub(super) fn cut(
    detector: &SpeechDetector,
    samples: &[f32],
    options: &CutOptions,
    has_words: bool,
) -> Result<Cuts, DatasetError> {
    let probabilities = detector.probabilities(samples)?;
    let whole = if has_words {
        spoken(&probabilities, samples.len(), options)?
    } else {
        None
    };
    if let Some(whole) = whole.filter(|whole| whole.end - whole.start <= options.max_seconds) {
        return Ok(Cuts {
            pieces: vec![whole],
            is_whole: true,
        });
    }
    let found = segments(samples, &probabilities, &options.to_segments())?;
    let pieces: Vec<_> = found.iter().map(Segment::seconds).collect();
    Ok(Cuts {
        is_whole: pieces.len() == 1,
        pieces,
    })
}

/// From the first word to the last, with the margins; none where nobody speaks.
fn spoken(
    probabilities: &[f32],
    samples: usize,
    options: &CutOptions,
) -> Result<Option<Range<f64>>, DatasetError> {
    let heard = RegionOptions {
        threshold: options.threshold as f32,
        min_silence_ms: options.min_silence_ms as u32,
        pad_ms: 0,
        ..RegionOptions::default()
    };
    let regions = regions(probabilities, samples, &heard)?;
    let seconds = |samples: usize| samples as f64 / f64::from(SAMPLE_RATE);
    let margin = options.pad_ms / 1000.0;
    let bounds = regions.first().zip(regions.last());
    Ok(bounds.map(|(first, last)| {
        let start = (seconds(first.start) - margin).max(0.0);
        start..(seconds(last.end) + margin).min(seconds(samples))
    }))
}
