//! Dropout (Srivastava et al., 2014) whose masks follow from where they stand, so that a run that was stopped goes on as if it had not been, and
//! the way back need not keep what the way there has drawn.

use candle_core::{Result, Tensor};
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Which draw it is: everything that a mask depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropout {
    /// The share of values that are dropped, below 1.
    pub rate: f32,
    pub seed: u64,
    /// The optimiser's step.
    pub step: u64,
    /// The micro-batch within it.
    pub micro_batch: u64,
}

/// What is dropped within a layer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Site {
    Embedding,
    Attention,
    AttentionOutput,
    FeedForward,
}

/// The dropout of one layer, if there is any.
#[derive(Clone, Copy)]
pub(super) struct LayerDropout<'a> {
    pub(super) dropout: Option<&'a Dropout>,
    pub(super) layer: usize,
}

impl LayerDropout<'_> {
    /// Drops values and scales the others up; the same on the way back.
    pub(super) fn apply(&self, values: Tensor, site: Site) -> Result<Tensor> {
        match self.dropout.filter(|dropout| dropout.rate > 0.0) {
            None => Ok(values),
            Some(dropout) => {
                let factors = dropout.factors(self.layer, site, values.elem_count());
                let factors = Tensor::from_vec(factors, values.shape(), values.device())?;
                values * factors
            }
        }
    }
}

impl Dropout {
    fn factors(&self, layer: usize, site: Site, count: usize) -> Vec<f32> {
        let mut key = [0; 32];
        let place = (layer as u64) << 8 | site as u64;
        let words = [self.seed, self.step, self.micro_batch, place];
        for (bytes, word) in key.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        let mut random = ChaCha8Rng::from_seed(key);
        let dropped = (f64::from(self.rate) * 2f64.powi(32)) as u32;
        let kept = 1.0 / (1.0 - self.rate);
        (0..count)
            .map(|_| {
                if random.next_u32() < dropped {
                    0.0
                } else {
                    kept
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_follow_from_their_place_and_keep_the_mean() {
        let dropout = Dropout {
            rate: 0.1,
            seed: 1,
            step: 2,
            micro_batch: 0,
        };
        let first = dropout.factors(3, Site::Attention, 100_000);
        assert_eq!(first, dropout.factors(3, Site::Attention, 100_000));
        assert_ne!(first, dropout.factors(3, Site::FeedForward, 100_000));
        assert_ne!(first, dropout.factors(4, Site::Attention, 100_000));
        let mean = first.iter().sum::<f32>() / 1e5;
        assert!((mean - 1.0).abs() < 0.01, "{mean}");
        assert!(
            first
                .iter()
                .all(|x| *x == 0.0 || (*x - 1.0 / 0.9).abs() < 1e-6)
        );
    }
}
