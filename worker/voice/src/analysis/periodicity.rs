//! How periodic a voice is in each band of the mixed excitation.
//!
//! Each band is shifted down to 0 Hz and compared with itself one period later. The modulus of the complex correlation
//! does not care about the phase, so periods need not be whole samples (after the band-wise voicing of `McCree` and
//! Barnwell, 1995).

use std::f32::consts::{PI, TAU};

use realfft::num_complex::Complex32;

use super::correlation::dot;
use crate::vocoder::BAND_EDGES;
use crate::{SAMPLE_RATE, STRENGTHS};

/// Samples from one kept to the next: bands are 2 kHz wide at most.
const STEP: usize = 4;
const REACH: usize = 40;
/// Kept samples that are compared, 20 ms.
const WINDOW: usize = 80;
/// Energy of a window below which nothing is heard.
const FLOOR: f32 = 1e-9;

/// The complex envelopes of all bands.
pub(super) struct Bands([Band; STRENGTHS]);

struct Band {
    samples: Vec<Complex32>,
    /// What noise alone correlates with itself, squared: one part in so many independent values.
    chance: f32,
}

impl Bands {
    pub(super) fn new(samples: &[f32]) -> Self {
        let mut lower = 0.0;
        Self(BAND_EDGES.map(|upper| {
            let band = Band::new(samples, lower, upper);
            lower = upper;
            band
        }))
    }

    /// The strengths that a vocoder needs to sound as periodic, at sample `centre` and with a period of `1 / f0`.
    pub(super) fn strengths(&self, centre: usize, f0: f32) -> [f32; STRENGTHS] {
        if f0 <= 0.0 {
            return [0.0; STRENGTHS];
        }
        let period = SAMPLE_RATE as f32 / f0 / STEP as f32;
        std::array::from_fn(|band| strength(self.0[band].periodicity(centre / STEP, period)))
    }
}

impl Band {
    fn new(samples: &[f32], lower: f32, upper: f32) -> Self {
        let half = PI * (upper - lower) / SAMPLE_RATE as f32;
        let middle = f32::midpoint(lower, upper);
        let response: Vec<f32> = (0..=2 * REACH)
            .map(|tap| {
                let time = tap as f32 - REACH as f32;
                let ideal = if tap == REACH {
                    half / PI
                } else {
                    (half * time).sin() / (PI * time)
                };
                ideal * (0.54 + 0.46 * (PI * time / (REACH as f32 + 1.0)).cos())
            })
            .collect();
        let parts = [f32::cos as fn(f32) -> f32, f32::sin].map(|turn| {
            let mut padded = vec![0.0; REACH];
            padded.extend(samples.iter().enumerate().map(|(n, value)| {
                // In whole turns, for the precision of long recordings.
                let turns = f64::from(middle) * n as f64 / f64::from(SAMPLE_RATE);
                value * turn(TAU * turns.fract() as f32)
            }));
            padded.resize(samples.len() + 2 * REACH, 0.0);
            let kept = padded.windows(response.len()).step_by(STEP);
            kept.map(|window| dot(window, &response))
                .collect::<Vec<f32>>()
        });
        let [real, imaginary] = parts;
        let seconds = (WINDOW * STEP) as f32 / SAMPLE_RATE as f32;
        Self {
            samples: real
                .into_iter()
                .zip(imaginary)
                .map(|(re, im)| Complex32::new(re, -im))
                .collect(),
            chance: 1.0 / (seconds * (upper - lower)),
        }
    }

    /// 0 for noise, 1 for what repeats itself.
    fn periodicity(&self, centre: usize, period: f32) -> f32 {
        let lag = period.round() as usize;
        let ahead = usize::midpoint(WINDOW, lag);
        let at = |place: usize| {
            let place = place.checked_sub(ahead);
            place
                .and_then(|p| self.samples.get(p))
                .copied()
                .unwrap_or_default()
        };
        let (mut product, mut first, mut second) = (Complex32::default(), FLOOR, FLOOR);
        for n in centre..centre + WINDOW {
            let (a, b) = (at(n), at(n + lag));
            product += a * b.conj();
            first += a.norm_sqr();
            second += b.norm_sqr();
        }
        let squared = product.norm_sqr() / (first * second);
        ((squared - self.chance) / (1.0 - self.chance))
            .max(0.0)
            .sqrt()
    }
}

/// Pulses of strength s and noise of 1 - s together correlate by s² / (s² + (1 - s)²). In speech one period differs from the next without any
/// noise, for pitch and mouth move: such strengths make voices hoarse. Their fourth root is what sounds most like the recording (see the
/// README).
fn strength(periodicity: f32) -> f32 {
    let (pulses, noise) = (periodicity.sqrt(), (1.0 - periodicity.min(1.0)).sqrt());
    (pulses / (pulses + noise)).sqrt().sqrt()
}
