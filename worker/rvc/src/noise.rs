//! The chance in a conversion, which follows from a seed and from the place in the recording: however it is cut into windows, and however
//! often it is tried again, the same samples come of it.

use std::f32::consts::TAU;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Two streams that do not depend on each other.
const LATENT: u64 = 0;
const SOURCE: u64 = 1;

/// Where the chance comes from.
#[derive(Debug, Clone)]
pub enum Noise {
    /// Drawn for each frame of the whole recording by itself.
    Seeded(u64),
    /// Given from frame 0 on: latent values `[frame, channel]`, and those of the source, one for each sample. Beyond them there is silence.
    Given { latent: Vec<f32>, source: Vec<f32> },
}

impl Noise {
    /// Of mean 0 and variance 1 for `count` frames from the frame `first` on, `[frame, width]`.
    pub(crate) fn latent(&self, first: u64, count: usize, width: usize) -> Vec<f32> {
        match self {
            Self::Seeded(seed) => draw(*seed, LATENT, (first, count), width),
            Self::Given { latent, .. } => given(latent, (first, count), width),
        }
    }

    /// The same for the samples of the source, `hop` for each frame.
    pub(crate) fn source(&self, first: u64, count: usize, hop: usize) -> Vec<f32> {
        match self {
            Self::Seeded(seed) => draw(*seed, SOURCE, (first, count), hop),
            Self::Given { source, .. } => given(source, (first, count), hop),
        }
    }
}

fn given(values: &[f32], (first, count): (u64, usize), width: usize) -> Vec<f32> {
    let first = first as usize * width;
    let values = values.get(first..).unwrap_or_default().iter().copied();
    values
        .chain(std::iter::repeat(0.0))
        .take(count * width)
        .collect()
}

/// Normally distributed values by the method of Box and Muller (1958): two numbers of the generator for two values.
fn draw(seed: u64, stream: u64, (first, count): (u64, usize), width: usize) -> Vec<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(stream);
    let pairs = width.div_ceil(2);
    random.set_word_pos(u128::from(first) * 2 * pairs as u128);
    let mut values = Vec::with_capacity(count * width);
    for _ in 0..count {
        for pair in 0..pairs {
            // Above 0, for its logarithm is taken.
            let radius = (-2.0 * (1.0 - random.random::<f32>()).ln()).sqrt();
            let (sine, cosine) = (TAU * random.random::<f32>()).sin_cos();
            values.push(radius * cosine);
            if 2 * pair + 1 < width {
                values.push(radius * sine);
            }
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_the_same_noise_wherever_drawing_begins() {
        let noise = Noise::Seeded(7);
        for width in [3, 400] {
            let whole = noise.source(0, 30, width);
            assert_eq!(noise.source(11, 5, width), whole[11 * width..16 * width]);
            assert_ne!(noise.latent(0, 30, width), whole);
            assert_ne!(Noise::Seeded(8).source(0, 30, width), whole);
        }
    }

    #[test]
    fn values_are_normal() {
        let values = Noise::Seeded(1).latent(5, 100, 200);
        let count = values.len() as f32;
        let mean = values.iter().sum::<f32>() / count;
        let variance = values.iter().map(|x| x * x).sum::<f32>() / count;
        let beyond_two = values.iter().filter(|x| x.abs() > 2.0).count() as f32 / count;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.04);
        assert!((beyond_two - 0.0455).abs() < 0.006);
    }
}
