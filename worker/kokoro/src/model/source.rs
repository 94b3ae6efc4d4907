//! The source that the generator filters: sines at the multiples of the pitch, and noise (Wang et al., 2019).

use std::f64::consts::TAU;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::parameters::Parameters;
use crate::config::SAMPLE_RATE;
use crate::error::Result;

/// Sines: the pitch and its overtones.
pub(crate) const HARMONICS: usize = 9;
const SINE_AMPLITUDE: f32 = 0.1;
/// Standard deviations of the noise beside sines and without them.
const VOICED_NOISE: f32 = 0.003;
const UNVOICED_NOISE: f32 = SINE_AMPLITUDE / 3.0;
/// Hz, above which there are sines.
const LEAST_PITCH: f32 = 10.0;

pub(crate) struct Source {
    /// How much of each harmonic is heard.
    weights: [f32; HARMONICS],
    bias: f32,
    /// Samples of a step of the pitch.
    step: usize,
}

impl Source {
    pub(crate) fn new(parameters: Parameters<'_>, step: usize) -> Result<Self> {
        let name = "decoder.generator.m_source.l_linear";
        let weights = parameters.get(&format!("{name}.weight"), &[1, HARMONICS])?;
        let bias = parameters.get(&format!("{name}.bias"), &[1])?;
        let mut heard = [0.0; HARMONICS];
        heard.copy_from_slice(&weights.flatten_all()?.to_vec1::<f32>()?);
        Ok(Self {
            weights: heard,
            bias: bias.to_vec1::<f32>()?.iter().sum(),
            step,
        })
    }

    /// Sines for a pitch in Hz, with noise of variance 1; both `[sample, harmonic]`.
    pub(crate) fn sines(&self, pitch: &[f32], noise: &[f32]) -> Vec<f32> {
        let phases = Phases::new(pitch, self.step);
        let rows = noise.chunks_exact(HARMONICS).enumerate();
        rows.take(pitch.len() * self.step)
            .flat_map(|(sample, noise)| {
                let amplitudes = Amplitudes::of(pitch[sample / self.step]);
                let sines = phases.sines(sample);
                let pairs = sines.into_iter().zip(noise);
                let sums = pairs
                    .map(move |(sine, noise)| amplitudes.sine * sine + amplitudes.noise * noise);
                sums.collect::<Vec<_>>()
            })
            .collect()
    }

    /// Brings rows of sines together to samples.
    pub(crate) fn heard(&self, sines: &[f32]) -> Vec<f32> {
        let rows = sines.chunks_exact(HARMONICS);
        rows.map(|row| (self.weigh(row) + self.bias).tanh())
            .collect()
    }

    /// How far off the phases of an implementation in f32 may be, in radians: a few roundings of the greatest phase, and one of the place
    /// between two steps, which weighs most where the pitch is below zero: there the phase grows by almost a turn with every sample.
    pub(crate) fn rounding_in_f32(&self, pitch: &[f32]) -> f64 {
        const ROUNDINGS: f64 = 4.0;
        let spacing = |value: f64| value.max(1.0).log2().floor().exp2() * f64::from(f32::EPSILON);
        let sums = Phases::new(pitch, self.step).sums;
        let radians = self.step as f64 * TAU;
        let last = sums.last().into_iter().flatten();
        let phase = last.fold(0.0, |most: f64, turns| most.max(*turns)) * radians;
        let steps = sums.windows(2).flat_map(|pair| {
            let harmonics = pair[1].iter().zip(&pair[0]);
            harmonics.map(|(after, before)| after - before)
        });
        let steepest = steps.fold(0.0, f64::max) * radians;
        ROUNDINGS * spacing(phase) + spacing(pitch.len() as f64) * steepest
    }

    fn weigh(&self, row: &[f32]) -> f32 {
        row.iter().zip(&self.weights).map(|(x, w)| x * w).sum()
    }

    /// The samples of the source for a pitch in Hz, with noise that is drawn by a generator with this seed.
    pub(crate) fn samples(&self, pitch: &[f32], seed: u64) -> Vec<f32> {
        let phases = Phases::new(pitch, self.step);
        // The weighted sum of independent normal values is one normal value.
        let loudness = self.weights.iter().map(|w| w * w).sum::<f32>().sqrt();
        let mut normal = Normal::new(seed);
        let sample = |sample: usize| {
            let amplitudes = Amplitudes::of(pitch[sample / self.step]);
            let noise = amplitudes.noise * loudness * normal.next();
            let sines = if amplitudes.sine > 0.0 {
                amplitudes.sine * self.weigh(&phases.sines(sample))
            } else {
                0.0
            };
            (sines + noise + self.bias).tanh()
        };
        (0..pitch.len() * self.step).map(sample).collect()
    }
}

struct Amplitudes {
    sine: f32,
    noise: f32,
}

impl Amplitudes {
    fn of(pitch: f32) -> Self {
        if pitch > LEAST_PITCH {
            Self {
                sine: SINE_AMPLITUDE,
                noise: VOICED_NOISE,
            }
        } else {
            Self {
                sine: 0.0,
                noise: UNVOICED_NOISE,
            }
        }
    }
}

/// The running phases of all harmonics, in turns. They grow to thousands of turns, which f32 does not hold exactly enough.
struct Phases {
    /// `[step, harmonic]`, at the middle of each step, a step's turns per sample summed up.
    sums: Vec<[f64; HARMONICS]>,
    step: usize,
}

impl Phases {
    fn new(pitch: &[f32], step: usize) -> Self {
        let mut sum = [0.0; HARMONICS];
        let sums = pitch.iter().map(|pitch| {
            for (harmonic, sum) in sum.iter_mut().enumerate() {
                let frequency = pitch * (harmonic + 1) as f32;
                *sum += f64::from(frequency / SAMPLE_RATE as f32).rem_euclid(1.0);
            }
            sum
        });
        Self {
            sums: sums.collect(),
            step,
        }
    }

    /// Between the middles of two steps the phase runs evenly.
    fn sines(&self, sample: usize) -> [f32; HARMONICS] {
        let steps = self.step as f64;
        let place = ((sample as f64 + 0.5) / steps - 0.5).max(0.0);
        let before = (place as usize).min(self.sums.len() - 1);
        let after = (before + 1).min(self.sums.len() - 1);
        let share = place - before as f64;
        std::array::from_fn(|harmonic| {
            let (first, second) = (self.sums[before][harmonic], self.sums[after][harmonic]);
            let turns = (first + (second - first) * share) * steps;
            ((turns - turns.floor()) * TAU).sin() as f32
        })
    }
}

/// Values of mean 0 and variance 1 (Box and Muller, 1958).
struct Normal {
    generator: ChaCha8Rng,
    second: Option<f32>,
}

impl Normal {
    fn new(seed: u64) -> Self {
        Self {
            generator: ChaCha8Rng::seed_from_u64(seed),
            second: None,
        }
    }

    fn next(&mut self) -> f32 {
        if let Some(second) = self.second.take() {
            return second;
        }
        // Above 0, for its logarithm is taken.
        let uniform = 1.0 - self.generator.random::<f32>();
        let radius = (-2.0 * uniform.ln()).sqrt();
        let (sine, cosine) = (std::f32::consts::TAU * self.generator.random::<f32>()).sin_cos();
        self.second = Some(radius * sine);
        radius * cosine
    }
}
