//! The chance in a sentence, which follows from a seed.

use candle_core::Tensor;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::error::Result;

/// Where the chance comes from: two streams that do not depend on each other, so the frames' does not depend on the number of ids.
pub(crate) struct Noise {
    source: Source,
}

enum Source {
    Seed(u64),
    /// `[2, id]` and `[frame, latent]`
    Given(Tensor, Tensor),
}

/// Frames' noise in the order of time.
pub(super) enum FrameNoise {
    Drawn(Box<Normal>),
    Given(std::vec::IntoIter<f32>),
}

impl Noise {
    pub(super) fn seeded(seed: u64) -> Self {
        Self {
            source: Source::Seed(seed),
        }
    }

    /// Given for durations `[2, id]` and frames `[frame, latent]`.
    pub(crate) fn given(durations: Tensor, frames: Tensor) -> Self {
        Self {
            source: Source::Given(durations, frames),
        }
    }

    /// Two values for each id, times `scale`.
    pub(super) fn durations(&self, count: usize, scale: f32) -> Result<[Vec<f32>; 2]> {
        match &self.source {
            Source::Seed(seed) => {
                let mut normal = Normal::new(*seed, 0);
                let mut row = || (0..count).map(|_| normal.next() * scale).collect();
                Ok([row(), row()])
            }
            Source::Given(durations, _) => {
                let row = |row| -> Result<Vec<f32>> {
                    Ok((durations.get(row)? * f64::from(scale))?.to_vec1()?)
                };
                Ok([row(0)?, row(1)?])
            }
        }
    }

    pub(super) fn frames(&self) -> Result<FrameNoise> {
        Ok(match &self.source {
            Source::Seed(seed) => FrameNoise::Drawn(Box::new(Normal::new(*seed, 1))),
            Source::Given(_, frames) => {
                FrameNoise::Given(frames.flatten_all()?.to_vec1()?.into_iter())
            }
        })
    }
}

impl FrameNoise {
    pub(super) fn next(&mut self) -> f32 {
        match self {
            Self::Drawn(normal) => normal.next(),
            Self::Given(values) => values.next().unwrap_or_default(),
        }
    }
}

/// Normally distributed values by the method of Box and Muller (1958).
pub(super) struct Normal {
    random: ChaCha8Rng,
    second: Option<f32>,
}

impl Normal {
    fn new(seed: u64, stream: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(stream);
        Self {
            random,
            second: None,
        }
    }

    fn next(&mut self) -> f32 {
        if let Some(value) = self.second.take() {
            return value;
        }
        // Within 0 to 1, of which the logarithm must not be taken at 0.
        let radius = (-2.0 * (1.0 - self.random.random::<f32>()).ln()).sqrt();
        let (sine, cosine) = (std::f32::consts::TAU * self.random.random::<f32>()).sin_cos();
        self.second = Some(radius * sine);
        radius * cosine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_normal_and_follow_from_the_seed() {
        let draw = |seed, stream| -> Vec<f32> {
            let mut normal = Normal::new(seed, stream);
            (0..20_000).map(|_| normal.next()).collect()
        };
        let values = draw(7, 0);
        let count = values.len() as f32;
        let mean = values.iter().sum::<f32>() / count;
        let variance = values.iter().map(|x| x * x).sum::<f32>() / count;
        let beyond_two = values.iter().filter(|x| x.abs() > 2.0).count() as f32 / count;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.04);
        assert!((beyond_two - 0.0455).abs() < 0.006);
        assert_eq!(values, draw(7, 0));
        assert_ne!(values, draw(7, 1));
        assert_ne!(values, draw(8, 0));
    }
}
