//! What can be measured of two voices that say the same.

use std::collections::BTreeMap;

use kiskadee_voice::speaker::Moments;
use kiskadee_voice::{
    MEL_CEPSTRUM, SAMPLE_RATE, VocoderFrames, analysis::analyze, loudness, resample::resample,
};
use serde::Serialize;

use super::{likeness, plain, speaking::Spoken};

/// Longer speech is compared frame by frame in larger steps, so that no pair takes long.
const MOST_FRAMES: usize = 1_500;
/// Decibels of a distance of mel-cepstra (Kubichek, 1993).
pub(super) const DECIBELS: f64 = 10.0 / std::f64::consts::LN_10 * std::f64::consts::SQRT_2;

/// What one voice sounds like.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Measures {
    pub(super) duration_seconds: f64,
    /// Null of what is too short or silent.
    pub(super) lufs: Option<f64>,
    pub(super) f0_median_hz: Option<f64>,
    /// Standard deviation about the mean, in cents.
    pub(super) f0_spread_cents: Option<f64>,
    /// Of all frames.
    pub(super) voiced_share: f64,
    /// As a recogniser hears it, of the words of the text.
    pub(super) word_error_rate: Option<f64>,
    /// From the recordings of the dataset that is compared: of the long-term spectra, loudness left out.
    pub(super) speaker_distance_db: Option<f64>,
    /// The median pitch above theirs.
    pub(super) speaker_pitch_cents: Option<f64>,
    /// Why a measure is null, by its name, where somebody can do something about it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) unmeasured: BTreeMap<&'static str, String>,
}

/// How far two are apart, after their times were brought together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Between {
    /// Mel-cepstral distortion, loudness left out.
    pub(super) mcd_db: Option<f64>,
    /// Root mean square where both are voiced.
    pub(super) f0_cents: Option<f64>,
}

/// A sound and its frames.
pub(super) struct Heard {
    pub(super) measures: Measures,
    pub(super) frames: VocoderFrames,
}

impl Heard {
    pub(super) fn note_words(&mut self, rate: Result<f64, String>) {
        match rate {
            Ok(rate) => self.measures.word_error_rate = Some(rate),
            Err(reason) => self.note_missing("word_error_rate", reason),
        }
    }

    /// `recorded`: of the dataset, if one is compared.
    pub(super) fn note_likeness(&mut self, recorded: Option<&Moments>) {
        let Some(recorded) = recorded else {
            let reason = "no voice that is compared was trained on a dataset whose recordings are still there";
            return self.note_missing("speaker_distance_db", reason.to_owned());
        };
        match likeness::distance(&self.frames, recorded) {
            Some(found) => {
                self.measures.speaker_distance_db = Some(found.spectrum_db);
                self.measures.speaker_pitch_cents = Some(found.pitch_cents);
            }
            None => self.note_missing("speaker_distance_db", "too little is said".to_owned()),
        }
    }

    fn note_missing(&mut self, measure: &'static str, reason: String) {
        self.measures.unmeasured.insert(measure, reason);
    }
}

/// Measures what was spoken; blocks for some hundredths of how long it sounds.
pub(super) fn hear(spoken: &Spoken) -> Heard {
    let samples = resample(&spoken.samples, spoken.sample_rate, SAMPLE_RATE).unwrap_or_default();
    let frames = analyze(&samples);
    let cents: Vec<f64> = voiced(&frames)
        .map(|f0| 1200.0 * f64::from(f0).log2())
        .collect();
    let measures = Measures {
        duration_seconds: samples.len() as f64 / f64::from(SAMPLE_RATE),
        lufs: loudness::integrated(&samples, SAMPLE_RATE).ok().map(plain),
        f0_median_hz: median(&frames).map(plain),
        f0_spread_cents: spread(&cents),
        voiced_share: cents.len() as f64 / frames.len().max(1) as f64,
        word_error_rate: None,
        speaker_distance_db: None,
        speaker_pitch_cents: None,
        unmeasured: BTreeMap::new(),
    };
    Heard { measures, frames }
}

fn voiced(frames: &VocoderFrames) -> impl Iterator<Item = f32> {
    frames.f0.iter().copied().filter(|f0| *f0 > 0.0)
}

fn median(frames: &VocoderFrames) -> Option<f32> {
    let mut voiced: Vec<f32> = voiced(frames).collect();
    voiced.sort_by(f32::total_cmp);
    voiced.get(voiced.len() / 2).copied()
}

fn spread(cents: &[f64]) -> Option<f64> {
    let count = cents.len() as f64;
    (count > 1.0).then(|| {
        let mean = cents.iter().sum::<f64>() / count;
        (cents.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / count).sqrt()
    })
}

/// Along the path of least distortion (dynamic time warping).
pub(super) fn between(a: &Heard, b: &Heard) -> Between {
    let longer = a.frames.len().max(b.frames.len());
    let step = longer.div_ceil(MOST_FRAMES).max(1);
    let (a, b) = (every(&a.frames, step), every(&b.frames, step));
    let path = path(&a, &b);
    let distances = path.iter().map(|(i, j)| distance(a[*i].1, b[*j].1));
    let mcd = mean(&distances.collect::<Vec<_>>()).map(|mean| DECIBELS * mean);
    let both = path.iter().map(|(i, j)| (a[*i].0, b[*j].0));
    let squares: Vec<f64> = both
        .filter(|(a, b)| *a > 0.0 && *b > 0.0)
        .map(|(a, b)| (1200.0 * f64::from(a / b).log2()).powi(2))
        .collect();
    Between {
        mcd_db: mcd,
        f0_cents: mean(&squares).map(f64::sqrt),
    }
}

type Frame<'a> = (f32, &'a [f32; MEL_CEPSTRUM]);

fn every(frames: &VocoderFrames, step: usize) -> Vec<Frame<'_>> {
    let all = frames.f0.iter().copied().zip(&frames.mel_cepstrum);
    all.step_by(step).collect()
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn distance(a: &[f32; MEL_CEPSTRUM], b: &[f32; MEL_CEPSTRUM]) -> f64 {
    let pairs = a.iter().zip(b).skip(1);
    let squares: f64 = pairs.map(|(a, b)| f64::from(a - b).powi(2)).sum();
    squares.sqrt()
}

/// Pairs of indices from the first frames to the last; none where one has no frames.
fn path(a: &[Frame<'_>], b: &[Frame<'_>]) -> Vec<(usize, usize)> {
    if a.is_empty() || b.is_empty() {
        return Vec::new();
    }
    let width = b.len();
    // Where each place is reached from: 0 both, 1 the frame of `a` before, 2 the frame of `b` before.
    let mut from = vec![0u8; a.len() * width];
    let mut above: Vec<f64> = Vec::new();
    for (i, frame) in a.iter().enumerate() {
        let mut row: Vec<f64> = Vec::with_capacity(width);
        for (j, other) in b.iter().enumerate() {
            let both = if i > 0 && j > 0 {
                above[j - 1]
            } else {
                f64::INFINITY
            };
            let before_a = if i > 0 { above[j] } else { f64::INFINITY };
            let before_b = if j > 0 { row[j - 1] } else { f64::INFINITY };
            let (least, way) = if both <= before_a && both <= before_b {
                (both, 0)
            } else if before_a <= before_b {
                (before_a, 1)
            } else {
                (before_b, 2)
            };
            from[i * width + j] = way;
            let begun = if i == 0 && j == 0 { 0.0 } else { least };
            row.push(begun + distance(frame.1, other.1));
        }
        above = row;
    }
    let (mut i, mut j) = (a.len() - 1, width - 1);
    let mut path = vec![(i, j)];
    while (i, j) != (0, 0) {
        match from[i * width + j] {
            1 => i -= 1,
            2 => j -= 1,
            _ => (i, j) = (i - 1, j - 1),
        }
        path.push((i, j));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f32, seconds: f32) -> Spoken {
        let count = (16_000.0 * seconds) as usize;
        let phase = |n: usize| (n as f32 * hz / 16_000.0).fract();
        Spoken {
            samples: (0..count).map(|n| 0.3 * (2.0 * phase(n) - 1.0)).collect(),
            sample_rate: 16_000,
            bytes: 0,
        }
    }

    #[test]
    fn the_same_is_not_apart_and_a_fourth_is_500_cents() {
        let (low, high) = (hear(&tone(120.0, 1.0)), hear(&tone(160.0, 1.5)));
        let same = between(&low, &low);
        assert_eq!((same.mcd_db, same.f0_cents), (Some(0.0), Some(0.0)));
        let apart = between(&low, &high);
        assert!((apart.f0_cents.unwrap() - 498.0).abs() < 20.0, "{apart:?}");
        assert!(apart.mcd_db.unwrap() > 0.5, "{apart:?}");
        assert!((low.measures.f0_median_hz.unwrap() - 120.0).abs() < 2.0);
        assert!((high.measures.duration_seconds - 1.5).abs() < 0.01);
    }

    #[test]
    fn of_silence_little_is_known() {
        let silence = Spoken {
            samples: vec![0.0; 1600],
            sample_rate: 16_000,
            bytes: 0,
        };
        let measures = hear(&silence).measures;
        assert_eq!((measures.lufs, measures.f0_median_hz), (None, None));
    }
}
