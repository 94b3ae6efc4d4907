//! Whether one voice speaks or two: where pitch and timbre before a place differ from those behind it far more than they vary on each side
//! (Fisher's ratio of two classes, with the whole covariance).

use kiskadee_voice::{VocoderFrames, analysis::analyze};
use serde::{Deserialize, Serialize};

/// Pitch, and the mel-cepstrum behind the loudness.
const FEATURES: usize = 25;
/// Voiced frames of 5 ms on each side of a place: 1.25 s. In less the phones that happen to be there tell more than the voice.
const LEAST_FRAMES: usize = 250;
/// Places are looked at so many frames apart.
const STEP: usize = 5;
/// What is fainter than the middle of the voiced frames by so much (in the cepstrum's nepers) tells of no voice.
const FAINT: f32 = 3.0;
/// Added to each variance, of their mean: so that no direction has none.
const LEAST_SPREAD: f64 = 1e-3;

type Features = [f64; FEATURES];

/// What a voice is like in a segment, by its voiced frames.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VoiceLook {
    /// The middle one, in Hz.
    pub pitch_hz: f64,
    /// The variance between two sides in the variance within them, in the direction and at the place where it is greatest; 0 where there are
    /// not two sides of 1.25 s.
    pub two_voices: f64,
}

/// Of samples at 16 kHz; none where nothing is voiced.
pub(super) fn look(samples: &[f32]) -> Option<VoiceLook> {
    let frames = features(&analyze(samples));
    let mut pitches: Vec<f64> = frames.iter().map(|frame| frame[0]).collect();
    pitches.sort_by(f64::total_cmp);
    Some(VoiceLook {
        pitch_hz: pitches.get(pitches.len() / 2)?.exp2(),
        two_voices: parted(&frames),
    })
}

/// Pitch in octaves, and timbre, of the frames that are voiced and not faint.
fn features(frames: &VocoderFrames) -> Vec<Features> {
    let voiced = || {
        let frames = frames.f0.iter().zip(&frames.mel_cepstrum);
        frames.filter(|(f0, _)| **f0 > 0.0)
    };
    let mut loudness: Vec<f32> = voiced().map(|(_, cepstrum)| cepstrum[0]).collect();
    loudness.sort_by(f32::total_cmp);
    let middle = loudness
        .get(loudness.len() / 2)
        .copied()
        .unwrap_or_default();
    let heard = voiced().filter(|(_, cepstrum)| cepstrum[0] > middle - FAINT);
    let feature = |(f0, cepstrum): (&f32, &[f32; 25])| {
        std::array::from_fn(|place| match place {
            0 => f64::from(*f0).log2(),
            _ => f64::from(cepstrum[place]),
        })
    };
    heard.map(feature).collect()
}

/// The greatest ratio of variance between sides and variance within.
fn parted(frames: &[Features]) -> f64 {
    let count = frames.len();
    if count < 2 * LEAST_FRAMES {
        return 0.0;
    }
    let Some(spread) = Spread::of(frames) else {
        return 0.0;
    };
    let all = sums(frames);
    let mut before = [0.0; FEATURES];
    let mut most = 0.0_f64;
    for (place, frame) in frames.iter().enumerate() {
        let is_place = (LEAST_FRAMES..=count - LEAST_FRAMES).contains(&place);
        if is_place && place.is_multiple_of(STEP) {
            let (left, right) = (place as f64, (count - place) as f64);
            let apart = std::array::from_fn(|k| before[k] / left - (all[k] - before[k]) / right);
            // Of all variance; what is left is within the sides (Sherman and Morrison).
            let share = spread.distance(&apart) * left * right / (count * count) as f64;
            most = most.max(share / (1.0 - share).max(1e-6));
        }
        for (sum, value) in before.iter_mut().zip(frame) {
            *sum += value;
        }
    }
    most
}

fn sums(frames: &[Features]) -> Features {
    std::array::from_fn(|k| frames.iter().map(|frame| frame[k]).sum())
}

/// The covariance of all frames, as the lower triangle of its root (Cholesky).
struct Spread([Features; FEATURES]);

impl Spread {
    fn of(frames: &[Features]) -> Option<Self> {
        let count = frames.len() as f64;
        let means = sums(frames).map(|sum| sum / count);
        let mut matrix = [[0.0; FEATURES]; FEATURES];
        for frame in frames {
            let apart: Features = std::array::from_fn(|k| frame[k] - means[k]);
            for (row, one) in matrix.iter_mut().zip(apart) {
                for (cell, other) in row.iter_mut().zip(apart) {
                    *cell += one * other / count;
                }
            }
        }
        let trace: f64 = (0..FEATURES).map(|k| matrix[k][k]).sum();
        for (k, row) in matrix.iter_mut().enumerate() {
            row[k] += LEAST_SPREAD * trace / FEATURES as f64;
        }
        root(&matrix).map(Self)
    }

    /// The square of a distance, in spreads.
    fn distance(&self, apart: &Features) -> f64 {
        let mut solved = [0.0; FEATURES];
        for (k, row) in self.0.iter().enumerate() {
            let known: f64 = (0..k).map(|j| row[j] * solved[j]).sum();
            solved[k] = (apart[k] - known) / row[k];
        }
        solved.iter().map(|value| value * value).sum()
    }
}

fn root(matrix: &[Features; FEATURES]) -> Option<[Features; FEATURES]> {
    let mut lower = [[0.0; FEATURES]; FEATURES];
    for (row, cells) in matrix.iter().enumerate() {
        for (column, cell) in cells.iter().enumerate().take(row + 1) {
            let known: f64 = (0..column).map(|k| lower[row][k] * lower[column][k]).sum();
            let rest = cell - known;
            lower[row][column] = if row == column {
                Some(rest).filter(|rest| *rest > 0.0)?.sqrt()
            } else {
                rest / lower[column][column]
            };
        }
    }
    Some(lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames that vary by 1 in all directions, and stand at `level`.
    fn frames(count: usize, level: f64) -> Vec<Features> {
        let mut seed = 1_u32;
        let mut draw = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(seed >> 8) / 8_388_608.0 - 1.0
        };
        (0..count)
            .map(|_| std::array::from_fn(|_| level + draw() * 3.0_f64.sqrt()))
            .collect()
    }

    #[test]
    fn two_levels_are_parted_and_one_is_not() {
        assert!(parted(&frames(499, 0.0)) < 1e-9);
        assert!(parted(&frames(900, 0.0)) < 0.3);
        // Each side varies by 1 in 25 directions, and they stand 1 apart in each: a quarter of 25.
        let both = [frames(400, 0.0), frames(400, 1.0)].concat();
        let ratio = parted(&both);
        assert!((5.0..7.5).contains(&ratio), "{ratio}");
    }

    #[test]
    fn what_does_not_vary_is_one_voice() {
        assert!(parted(&vec![[1.0; FEATURES]; 600]) < 1e-9);
    }
}
