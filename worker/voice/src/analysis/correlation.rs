//! How much a signal is like itself one period later, for all periods of voices.

use std::f32::consts::PI;

use super::pitch::{HIGHEST, LOWEST};
use crate::SAMPLE_RATE;

/// The shortest period, in samples; periods have neighbours on either side.
pub(super) const FIRST_LAG: usize = SAMPLE_RATE as usize / HIGHEST as usize - 2;
/// How many periods are looked at.
pub(super) const LAGS: usize = SAMPLE_RATE as usize / LOWEST as usize + 3 - FIRST_LAG;
/// Samples that are compared (15 ms).
const WINDOW: usize = 240;
/// Hz; voices show their period best below.
const CUTOFF: f32 = 1200.0;
const REACH: usize = 24;
/// Of the loudest part's power: below, everything counts as noise (-60 dB).
const NOISE: f32 = 1e-6;
/// Power below which a whole recording counts as silent (-90 dB).
const SILENCE: f32 = 1e-9;

pub(super) struct Correlator {
    /// The signal's low part, with room on either side.
    samples: Vec<f32>,
    /// Sums of squares up to each sample.
    energies: Vec<f64>,
    floor: f32,
}

/// Samples before and behind the signal that windows may reach into.
const MARGIN: usize = WINDOW + FIRST_LAG + LAGS;

impl Correlator {
    pub(super) fn new(samples: &[f32]) -> Self {
        let mut padded = vec![0.0; MARGIN];
        padded.extend(low_pass(samples));
        padded.resize(padded.len() + MARGIN, 0.0);
        let mut sum = 0f64;
        let mut energies = vec![0.0];
        energies.extend(padded.iter().map(|v| {
            sum += f64::from(v * v);
            sum
        }));
        let powers = energies.windows(WINDOW + 1).map(|e| e[WINDOW] - e[0]);
        let loudest = powers.fold(0.0, f64::max) as f32;
        Self {
            samples: padded,
            energies,
            floor: loudest * NOISE + SILENCE * WINDOW as f32,
        }
    }

    /// The normalised cross-correlation of two windows side by side around sample `centre`, for each lag.
    pub(super) fn at(&self, centre: usize) -> [f32; LAGS] {
        let mean = self.mean_around(centre);
        std::array::from_fn(|index| {
            let lag = FIRST_LAG + index;
            let start = (centre + MARGIN).saturating_sub(usize::midpoint(WINDOW, lag));
            let first = &self.samples[start..][..WINDOW];
            let second = &self.samples[start + lag..][..WINDOW];
            let product = dot(first, second) - mean * mean * WINDOW as f32;
            let energy = |start: usize| {
                let energy = (self.energies[start + WINDOW] - self.energies[start]) as f32;
                energy - mean * mean * WINDOW as f32
            };
            let scale =
                (energy(start).max(0.0) + self.floor) * (energy(start + lag).max(0.0) + self.floor);
            product / scale.sqrt()
        })
    }

    fn mean_around(&self, centre: usize) -> f32 {
        let around = &self.samples[centre..centre + 2 * MARGIN];
        around.iter().sum::<f32>() / around.len() as f32
    }
}

/// In sixteen sums, which the machine adds at once.
pub(super) fn dot(first: &[f32], second: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0f32; LANES];
    let (a, a_rest) = first.as_chunks::<LANES>();
    let (b, b_rest) = second.as_chunks::<LANES>();
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| a * b);
    sums.iter().sum::<f32>() + rest.sum::<f32>()
}

fn low_pass(samples: &[f32]) -> Vec<f32> {
    let cutoff = 2.0 * CUTOFF / SAMPLE_RATE as f32;
    let response: Vec<f32> = (0..=2 * REACH)
        .map(|tap| {
            let time = tap as f32 - REACH as f32;
            let angle = PI * cutoff * time;
            let ideal = if tap == REACH {
                cutoff
            } else {
                cutoff * angle.sin() / angle
            };
            ideal * (0.54 + 0.46 * (PI * time / (REACH as f32 + 1.0)).cos())
        })
        .collect();
    let mut padded = vec![0.0; REACH];
    padded.extend_from_slice(samples);
    padded.resize(samples.len() + 2 * REACH, 0.0);
    padded
        .windows(response.len())
        .map(|window| dot(window, &response))
        .collect()
}
