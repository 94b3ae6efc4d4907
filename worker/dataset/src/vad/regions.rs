//! From probabilities to regions of speech, by the rules of the package that the net comes from.

use std::ops::Range;

use super::{CHUNK, SAMPLE_RATE};
use crate::DatasetError;

/// Speech ends well below where it begins.
const HYSTERESIS: f32 = 0.15;

/// Where somebody speaks, in samples at 16 kHz.
pub type Region = Range<usize>;

/// What counts as speech.
#[derive(Debug, Clone, PartialEq)]
pub struct RegionOptions {
    /// Speech begins at this probability, and ends 0.15 below.
    pub threshold: f32,
    /// Shorter pauses end no region, in ms.
    pub min_silence_ms: u32,
    /// Shorter regions are dropped, in ms.
    pub min_speech_ms: u32,
    /// Added at both ends, and halved where two would touch, in ms.
    pub pad_ms: u32,
}

impl Default for RegionOptions {
    fn default() -> Self {
        Self {
            threshold: 0.5,
            min_silence_ms: 100,
            min_speech_ms: 250,
            pad_ms: 30,
        }
    }
}

impl RegionOptions {
    fn check(&self) -> Result<(), DatasetError> {
        if self.threshold > 0.0 && self.threshold < 1.0 {
            return Ok(());
        }
        let why = format!("the threshold {} is not between 0 and 1", self.threshold);
        Err(DatasetError::Options(why))
    }
}

/// The regions of speech of a recording of `samples` samples, in their order; they never overlap.
pub fn regions(
    probabilities: &[f32],
    samples: usize,
    options: &RegionOptions,
) -> Result<Vec<Region>, DatasetError> {
    options.check()?;
    let mut found = spoken(probabilities, samples, options);
    let shortest = to_samples(options.min_speech_ms);
    found.retain(|region| region.len() > shortest);
    pad(&mut found, samples, to_samples(options.pad_ms));
    Ok(found)
}

fn spoken(probabilities: &[f32], samples: usize, options: &RegionOptions) -> Vec<Region> {
    let longest_pause = to_samples(options.min_silence_ms);
    let stop_below = (options.threshold - HYSTERESIS).max(0.01);
    let (mut found, mut start, mut pause) = (Vec::new(), None, None);
    for (chunk, &probability) in probabilities.iter().enumerate() {
        let here = chunk * CHUNK;
        if probability >= options.threshold {
            start.get_or_insert(here);
            pause = None;
        } else if let Some(begun) = start
            && probability < stop_below
        {
            let silent_from = *pause.get_or_insert(here);
            if here - silent_from >= longest_pause {
                found.push(begun..silent_from);
                (start, pause) = (None, None);
            }
        }
    }
    found.extend(start.map(|begun| begun..samples));
    found
}

fn pad(regions: &mut [Region], samples: usize, margin: usize) {
    let count = regions.len();
    for index in 0..count {
        if index == 0 {
            regions[0].start = regions[0].start.saturating_sub(margin);
        }
        let end = regions[index].end;
        let Some(next) = regions.get_mut(index + 1) else {
            regions[index].end = (end + margin).min(samples);
            break;
        };
        let margin = margin.min((next.start - end) / 2);
        next.start -= margin;
        regions[index].end = end + margin;
    }
}

pub(crate) fn to_samples(ms: u32) -> usize {
    ms as usize * SAMPLE_RATE as usize / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(probabilities: &[f32], options: &RegionOptions) -> Vec<Region> {
        regions(probabilities, probabilities.len() * CHUNK, options).unwrap()
    }

    fn runs(of: &[(usize, f32)]) -> Vec<f32> {
        of.iter()
            .flat_map(|&(chunks, probability)| vec![probability; chunks])
            .collect()
    }

    #[test]
    fn a_short_pause_ends_nothing_and_a_long_one_does() {
        let options = RegionOptions::default();
        let short = runs(&[(10, 0.0), (20, 0.9), (3, 0.1), (20, 0.9), (10, 0.0)]);
        let one = 10 * CHUNK - 480..53 * CHUNK + 480;
        assert_eq!(found(&short, &options), std::slice::from_ref(&one));
        let long = runs(&[(10, 0.0), (20, 0.9), (9, 0.1), (20, 0.9), (10, 0.0)]);
        assert_eq!(found(&long, &options).len(), 2);
    }

    #[test]
    fn between_the_thresholds_speech_goes_on_but_does_not_begin() {
        let options = RegionOptions::default();
        assert!(found(&runs(&[(40, 0.4)]), &options).is_empty());
        let fading = runs(&[(20, 0.9), (20, 0.4)]);
        let whole = 0..40 * CHUNK;
        assert_eq!(found(&fading, &options), std::slice::from_ref(&whole));
    }

    #[test]
    fn what_is_too_short_is_dropped() {
        let blip = runs(&[(20, 0.0), (5, 0.9), (20, 0.0)]);
        assert!(found(&blip, &RegionOptions::default()).is_empty());
    }

    #[test]
    fn margins_share_what_lies_between_two_regions() {
        let options = RegionOptions {
            pad_ms: 2000,
            ..RegionOptions::default()
        };
        let two = runs(&[(20, 0.9), (9, 0.1), (20, 0.9)]);
        let found = found(&two, &options);
        assert_eq!(found[0].end, found[1].start);
        assert_eq!((found[0].start, found[1].end), (0, 49 * CHUNK));
    }

    #[test]
    fn a_threshold_that_is_none_is_refused() {
        for threshold in [0.0, 1.0, f32::NAN] {
            let options = RegionOptions {
                threshold,
                ..RegionOptions::default()
            };
            assert!(regions(&[], 0, &options).is_err(), "{threshold}");
        }
    }
}
