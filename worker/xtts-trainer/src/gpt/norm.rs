//! Layer normalisation (Ba et al., 2016), and what flows back through it.

use candle_core::{D, Result, Tensor};

use super::linear::column_sums;
use crate::error;
use crate::gradients::Gradients;
use crate::parameters::Parameters;

const EPSILON: f32 = 1e-5;

pub(super) struct Norm {
    factors: (usize, Tensor),
    summands: (usize, Tensor),
}

impl Norm {
    pub(super) fn load(parameters: &Parameters, name: &str) -> error::Result<Self> {
        Ok(Self {
            factors: parameters.untracked(&format!("{name}.weight"))?,
            summands: parameters.untracked(&format!("{name}.bias"))?,
        })
    }

    /// Of rows `[rows, channels]`.
    pub(super) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        candle_nn::ops::layer_norm(
            &input.contiguous()?,
            &self.factors.1,
            &self.summands.1,
            EPSILON,
        )
    }

    /// The gradient of the input, out of that of the output.
    pub(super) fn backward(
        &self,
        input: &Tensor,
        gradient: &Tensor,
        sums: &mut Gradients,
    ) -> Result<Tensor> {
        let mean = |rows: &Tensor| rows.mean_keepdim(D::Minus1);
        let centred = input.broadcast_sub(&mean(input)?)?;
        let variance = mean(&centred.sqr()?)?;
        let factor = (variance + f64::from(EPSILON))?.sqrt()?.recip()?;
        let normed = centred.broadcast_mul(&factor)?;
        sums.add(self.factors.0, column_sums(&(gradient * &normed)?)?)?;
        sums.add(self.summands.0, column_sums(gradient)?)?;
        // Neither the mean nor the length of a row can change any more.
        let inner = gradient.broadcast_mul(&self.factors.1)?;
        let along = mean(&(&inner * &normed)?)?;
        let rest = inner.broadcast_sub(&mean(&inner)?)?;
        (rest - normed.broadcast_mul(&along)?)?.broadcast_mul(&factor)
    }
}
