//! What each state of each phone sounds like.

use std::collections::BTreeMap;

use super::{
    chain::{Chain, State},
    features::{Features, WIDTH},
};

/// So many frames of the mean of all phones are added to those of each state.
const PRIOR: f32 = 10.0;
/// Of the variance over everything.
const LEAST_VARIANCE: f32 = 0.05;

/// How one state sounds.
#[derive(Debug, Clone)]
pub(super) struct Gaussian {
    mean: [f32; WIDTH],
    /// 1 / variance
    precision: [f32; WIDTH],
    /// The part of the logarithm of the density that depends on no frame.
    constant: f32,
}

/// A Gaussian for each state that was heard, and one for the others.
#[derive(Debug, Clone)]
pub(super) struct Gaussians {
    states: BTreeMap<State, Gaussian>,
    other: Gaussian,
}

impl Gaussians {
    pub(super) fn of(&self, state: State) -> &Gaussian {
        self.states.get(&state).unwrap_or(&self.other)
    }

    /// That of the likeliest state.
    pub(super) fn best(&self, frame: &[f32; WIDTH]) -> f32 {
        let all = self
            .states
            .values()
            .map(|gaussian| gaussian.likelihood(frame));
        all.fold(f32::NEG_INFINITY, f32::max)
    }
}

impl Gaussian {
    fn new(mean: [f32; WIDTH], variance: [f32; WIDTH]) -> Self {
        Self {
            mean,
            precision: variance.map(f32::recip),
            constant: -0.5 * variance.iter().map(|variance| variance.ln()).sum::<f32>(),
        }
    }

    /// The logarithm of how likely the state sounds like `frame`, but for a constant.
    pub(super) fn likelihood(&self, frame: &[f32; WIDTH]) -> f32 {
        let values = frame.iter().zip(self.mean.iter().zip(&self.precision));
        let squares = values.map(|(value, (mean, precision))| (value - mean).powi(2) * precision);
        self.constant - 0.5 * squares.sum::<f32>()
    }
}

/// What was heard on the paths through some recordings.
#[derive(Default)]
pub(super) struct Sums {
    states: BTreeMap<State, Sum>,
}

#[derive(Clone)]
struct Sum {
    frames: f32,
    values: [f64; WIDTH],
    squares: [f64; WIDTH],
}

impl Default for Sum {
    fn default() -> Self {
        Self {
            frames: 0.0,
            values: [0.0; WIDTH],
            squares: [0.0; WIDTH],
        }
    }
}

impl Sum {
    fn add(&mut self, other: &Self) {
        self.frames += other.frames;
        let pairs = self.values.iter_mut().zip(&other.values);
        pairs.for_each(|(sum, value)| *sum += value);
        let pairs = self.squares.iter_mut().zip(&other.squares);
        pairs.for_each(|(sum, value)| *sum += value);
    }

    fn moments(&self) -> ([f32; WIDTH], [f32; WIDTH]) {
        let count = f64::from(self.frames.max(1.0));
        let mean = self.values.map(|sum| (sum / count) as f32);
        let variance = std::array::from_fn(|i| {
            let square = self.squares[i] / count - (self.values[i] / count).powi(2);
            square.max(1e-6) as f32
        });
        (mean, variance)
    }
}

impl Sums {
    pub(super) fn add(&mut self, chain: &Chain, path: &[u32], features: &Features) {
        for (place, frame) in path.iter().zip(features) {
            let sum = self.states.entry(chain.state(*place)).or_default();
            sum.frames += 1.0;
            for (order, value) in frame.iter().enumerate() {
                sum.values[order] += f64::from(*value);
                sum.squares[order] += f64::from(value * value);
            }
        }
    }

    pub(super) fn gaussians(&self) -> Gaussians {
        let mut all = Sum::default();
        self.states.values().for_each(|sum| all.add(sum));
        let (mean, variance) = all.moments();
        let near = |sum: &Sum| {
            let (own_mean, own_variance) = sum.moments();
            let share = sum.frames / (sum.frames + PRIOR);
            let mix = |own: f32, other: f32| share * own + (1.0 - share) * other;
            Gaussian::new(
                std::array::from_fn(|i| mix(own_mean[i], mean[i])),
                std::array::from_fn(|i| {
                    mix(own_variance[i], variance[i]).max(LEAST_VARIANCE * variance[i])
                }),
            )
        };
        let states = self.states.iter().map(|(state, sum)| (*state, near(sum)));
        Gaussians {
            states: states.collect(),
            other: Gaussian::new(mean, variance),
        }
    }
}
