//! The scores of the next token, and what they cost.

use candle_core::{D, DType, Result, Tensor};

use super::linear::{Linear, Precision, Stored};
use crate::error;
use crate::gradients::Gradients;
use crate::parameters::Parameters;

pub(super) struct Head {
    linear: Linear,
}

/// A mean cross-entropy, in nats, and what the way back needs.
pub(super) struct Scored {
    pub(super) loss: f32,
    /// `[rows, tokens]`
    shares: Tensor,
    /// `[rows, 1]`
    targets: Tensor,
}

impl Head {
    pub(super) fn load(
        parameters: &Parameters,
        name: &str,
        precision: Precision,
    ) -> error::Result<Self> {
        let linear = Linear::load(parameters, name, Stored::OutputFirst, precision)?;
        Ok(Self { linear })
    }

    /// Of states `[rows, channels]` and one target for each.
    pub(super) fn forward(&self, states: &Tensor, targets: &[u32]) -> Result<Scored> {
        let scores = self.linear.forward(states)?;
        let rows = targets.len();
        let targets = Tensor::from_slice(targets, (rows, 1), states.device())?;
        let logarithms = candle_nn::ops::log_softmax(&scores, D::Minus1)?;
        let chosen = logarithms.gather(&targets, 1)?.to_dtype(DType::F64)?;
        Ok(Scored {
            loss: (chosen.sum_all()?.to_scalar::<f64>()? / -(rows as f64)) as f32,
            shares: logarithms.exp()?,
            targets,
        })
    }

    /// The gradient of the states, where the loss counts so much.
    pub(super) fn backward(
        &self,
        scored: Scored,
        states: &Tensor,
        weight: f64,
        sums: &mut Gradients,
    ) -> Result<Tensor> {
        let Scored {
            shares, targets, ..
        } = scored;
        let rows = targets.dim(0)?;
        let ones = Tensor::full(-1.0f32, (rows, 1), states.device())?;
        let of_scores = shares.scatter_add(&targets, &ones, 1)?;
        let of_scores = (of_scores * (weight / rows as f64))?;
        self.linear.backward(states, &of_scores, sums)
    }
}
