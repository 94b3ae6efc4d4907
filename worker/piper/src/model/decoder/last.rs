//! The convolution of many channels to one, which has no bias.
//!
//! The kernels work on many outputs at a time. So the products of all taps are made of each row at once, as if the taps were outputs, and
//! added up along the diagonals.

use candle_core::{DType, Tensor};
use kiskadee_nn::Extras;

use super::LAST_SLOPE;
use crate::{
    error::Result,
    model::layers::{BiasedConvolution, Loader},
};

pub(super) struct LastConvolution {
    /// `[in]` to a product for each tap.
    products: BiasedConvolution,
    taps: usize,
}

impl LastConvolution {
    pub(super) fn load(loader: &Loader<'_>, input: usize, taps: usize) -> Result<Self> {
        let weight = loader.tensor("conv_post.weight", &[1, input, taps])?;
        let silence = Tensor::zeros(taps, DType::F32, loader.device())?;
        Ok(Self {
            products: BiasedConvolution::new(&weight, silence, 1)?,
            taps,
        })
    }

    /// Rows that an output looks at beyond the first.
    pub(super) fn reach(&self) -> usize {
        self.taps - 1
    }

    /// Rows `[time + reach, in]` to samples, behind the last leaky ReLU and in front of the hyperbolic tangent.
    pub(super) fn forward(&self, rows: &Tensor) -> Result<Vec<f32>> {
        let extras = Extras {
            slope: Some(LAST_SLOPE),
            residual: None,
        };
        let products: Vec<f32> = self
            .products
            .apply(rows, extras)?
            .flatten_all()?
            .to_vec1()?;
        let count = (products.len() / self.taps).saturating_sub(self.reach());
        let sum = |time: usize| -> f32 {
            let diagonal = products[time * self.taps..].iter().step_by(self.taps + 1);
            diagonal.take(self.taps).sum()
        };
        Ok((0..count).map(sum).collect())
    }
}
