//! The spectral envelope, without the traces of the pitch (`CheapTrick`; Morise, 2015), as a mel-cepstrum.
//!
//! A window of three periods, power smoothed over two thirds of the fundamental frequency, and a lifter that takes away
//! what of the harmonics is left, while it makes up for the smoothing.

use std::f32::consts::PI;
use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use crate::vocoder::{ALPHA, SCALE};
use crate::{MEL_CEPSTRUM, SAMPLE_RATE};

/// Room for three periods of the lowest voice.
const SIZE: usize = 1024;
const BINS: usize = SIZE / 2 + 1;
/// Hz per bin.
const BIN: f32 = SAMPLE_RATE as f32 / SIZE as f32;
/// Points on the warped frequency axis.
const WARPED: usize = 256;
/// What the lifter makes up for the smoothing (Morise's q1).
const RECOVERY: f32 = -0.15;
/// Hz; how finely noise is looked at.
const UNVOICED: f32 = 300.0;
/// Power below which nothing is heard (-120 dB).
const FLOOR: f32 = 1e-12;

pub(super) struct Envelope {
    forward: Arc<dyn RealToComplex<f32>>,
    backward: Arc<dyn ComplexToReal<f32>>,
    time: Vec<f32>,
    spectrum: Vec<Complex32>,
    /// Bins of the plain axis for the points of the warped one.
    places: [f32; WARPED],
    cosines: Vec<[f32; MEL_CEPSTRUM]>,
}

impl Envelope {
    pub(super) fn new() -> Self {
        let mut planner = RealFftPlanner::new();
        let middle = |point: usize| (point as f32 + 0.5) * PI / WARPED as f32;
        Self {
            forward: planner.plan_fft_forward(SIZE),
            backward: planner.plan_fft_inverse(SIZE),
            time: vec![0.0; SIZE],
            spectrum: vec![Complex32::default(); BINS],
            places: std::array::from_fn(|point| unwarp(middle(point)) / PI * (BINS - 1) as f32),
            cosines: (0..WARPED)
                .map(|point| std::array::from_fn(|order| (order as f32 * middle(point)).cos()))
                .collect(),
        }
    }

    /// The mel-cepstrum around sample `centre`. `gains` tells what of the power at a frequency in Hz the excitation gives.
    pub(super) fn mel_cepstrum(
        &mut self,
        samples: &[f32],
        centre: usize,
        f0: f32,
        gain: impl Fn(f32) -> f32,
    ) -> [f32; MEL_CEPSTRUM] {
        let f0 = if f0 > 0.0 { f0 } else { UNVOICED };
        self.cut(samples, centre, f0);
        self.transform();
        let mut power: Vec<f32> = self.spectrum.iter().map(Complex32::norm_sqr).collect();
        fill_below(&mut power, f0);
        let smooth = smooth(&power, f0 * 2.0 / 3.0);
        let envelope = self.lift(&smooth, f0);
        let mut cepstrum = [0.0; MEL_CEPSTRUM];
        for (place, cosines) in self.places.iter().zip(&self.cosines) {
            let value = 0.5 * (at(&envelope, *place) - gain(place * BIN).ln());
            for (sum, cosine) in cepstrum.iter_mut().zip(cosines) {
                *sum += value * cosine * 2.0 / WARPED as f32;
            }
        }
        cepstrum[0] = 0.5 * cepstrum[0] - SCALE.ln();
        cepstrum
    }

    /// A window of three periods, of unit energy, and the sound under it without its mean.
    fn cut(&mut self, samples: &[f32], centre: usize, f0: f32) {
        let half = ((1.5 * SAMPLE_RATE as f32 / f0).round() as usize).min(SIZE / 2 - 1);
        let count = 2 * half + 1;
        let window: Vec<f32> = (0..count)
            .map(|n| 0.5 + 0.5 * (PI * (n as f32 - half as f32) / half as f32).cos())
            .collect();
        let energy: f32 = window.iter().map(|w| w * w).sum();
        let total: f32 = window.iter().sum();
        let sample = |n: usize| {
            let place = (centre + n).checked_sub(half);
            place.and_then(|p| samples.get(p)).copied().unwrap_or(0.0)
        };
        self.time.fill(0.0);
        let mean = (0..count).map(|n| window[n] * sample(n)).sum::<f32>() / total;
        for (n, place) in self.time[..count].iter_mut().enumerate() {
            *place = window[n] * (sample(n) - mean) / energy.sqrt();
        }
    }

    fn transform(&mut self) {
        // The sizes are right, and nothing else can go wrong.
        let _ = self.forward.process(&mut self.time, &mut self.spectrum);
    }

    /// ln of the power, by way of its cepstrum.
    fn lift(&mut self, power: &[f32], f0: f32) -> Vec<f32> {
        for (bin, value) in self.spectrum.iter_mut().zip(power) {
            *bin = Complex32::new((value + FLOOR).ln(), 0.0);
        }
        let _ = self.backward.process(&mut self.spectrum, &mut self.time);
        for (place, value) in self.time.iter_mut().enumerate() {
            let quefrency = place.min(SIZE - place) as f32 / SAMPLE_RATE as f32;
            let turn = PI * f0 * quefrency;
            let smoothing = if turn > 0.0 { turn.sin() / turn } else { 1.0 };
            let recovery = 1.0 - 2.0 * RECOVERY + 2.0 * RECOVERY * (2.0 * turn).cos();
            *value *= smoothing * recovery / SIZE as f32;
        }
        self.transform();
        self.spectrum.iter().map(|bin| bin.re).collect()
    }
}

/// The warped frequency of a plain one, in radians: the other way round.
pub(crate) fn warp(plain: f32) -> f32 {
    plain + 2.0 * (ALPHA * plain.sin() / (1.0 - ALPHA * plain.cos())).atan()
}

/// The plain frequency of a warped one, in radians.
pub(crate) fn unwarp(warped: f32) -> f32 {
    warped - 2.0 * (ALPHA * warped.sin() / (1.0 + ALPHA * warped.cos())).atan()
}

/// Nothing sounds below the fundamental frequency: what lies above it is mirrored there.
fn fill_below(power: &mut [f32], f0: f32) {
    let plain = power.to_vec();
    let edge = f0 / BIN;
    for (bin, value) in power.iter_mut().enumerate().take(edge as usize + 1) {
        *value += at(&plain, edge - bin as f32);
    }
}

/// The mean over `width` Hz around each bin.
fn smooth(power: &[f32], width: f32) -> Vec<f32> {
    let reach = width / BIN / 2.0;
    let margin = reach as usize + 2;
    let mirrored = |place: usize| {
        let bin = place.abs_diff(margin);
        power[bin.min(2 * (BINS - 1) - bin)]
    };
    let mut sum = 0f64;
    let sums: Vec<f64> = (0..BINS + 2 * margin)
        .map(|place| {
            sum += f64::from(mirrored(place));
            sum
        })
        .collect();
    // The integral from the far left to the place, each bin's power spread over its width.
    let integral = |place: f32| {
        let place = place + margin as f32 + 0.5;
        let (whole, part) = (place as usize, f64::from(place.fract()));
        let before = sums[whole - 1];
        before + part * (sums[whole] - before)
    };
    (0..BINS)
        .map(|bin| {
            let [low, high] = [bin as f32 - reach, bin as f32 + reach].map(integral);
            ((high - low) / f64::from(2.0 * reach)) as f32
        })
        .collect()
}

fn at(values: &[f32], place: f32) -> f32 {
    let place = place.max(0.0);
    let below = (place as usize).min(values.len() - 2);
    let part = (place - below as f32).clamp(0.0, 1.0);
    values[below] + part * (values[below + 1] - values[below])
}
