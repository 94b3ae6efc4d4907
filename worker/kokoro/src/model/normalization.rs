//! Norms over channels and over time, some with scale and shift from the style.

use candle_core::{D, Tensor};
use kiskadee_nn::Linear;

use crate::error::Result;

/// Of adaptive norms; plain ones have their own.
const EPSILON: f64 = 1e-5;

/// Over the channels of each time.
pub(crate) struct LayerNorm {
    pub(crate) scale: Tensor,
    pub(crate) shift: Tensor,
    pub(crate) epsilon: f32,
}

impl LayerNorm {
    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let (scale, shift) = (&self.scale, &self.shift);
        let input = input.contiguous()?;
        Ok(candle_nn::ops::layer_norm(&input, scale, shift, self.epsilon)?)
    }
}

/// A norm whose scale and shift come from the style (Huang and Belongie, 2017).
pub(crate) struct AdaptiveNorm {
    /// To `[1, 2 width]`: what the scale is above 1, and the shift.
    pub(crate) style: Linear,
    /// Scale and shift of the norm itself, where it has them.
    pub(crate) affine: Option<(Tensor, Tensor)>,
    pub(crate) width: usize,
}

/// What stands behind a norm.
#[derive(Clone, Copy)]
pub(crate) enum Activation<'a> {
    /// With this slope.
    LeakyRelu(f64),
    /// x + sin²(a x) / a (Ziyin et al., 2020), with a for each channel: `[1, channel]`.
    Snake(&'a Tensor),
}

impl Activation<'_> {
    pub(crate) fn apply(self, input: &Tensor) -> Result<Tensor> {
        match self {
            Self::LeakyRelu(slope) => Ok(input.maximum(&(input * slope)?)?),
            Self::Snake(factor) => {
                let sine = input.broadcast_mul(factor)?.sin()?.sqr()?;
                Ok((input + sine.broadcast_div(factor)?)?)
            }
        }
    }
}

impl AdaptiveNorm {
    /// Scale and shift for a style `[1, style]`, `[1, width]` each.
    fn of_style(&self, style: &Tensor) -> Result<(Tensor, Tensor)> {
        let both = self.style.forward(style)?;
        let scale = (both.narrow(1, 0, self.width)? + 1.0)?;
        let shift = both.narrow(1, self.width, self.width)?;
        match &self.affine {
            Some((weight, bias)) => {
                let shift = (scale.broadcast_mul(bias)? + shift)?;
                Ok((scale.broadcast_mul(weight)?, shift))
            }
            None => Ok((scale, shift)),
        }
    }

    /// Over the channels of each time.
    pub(crate) fn over_channels(&self, input: &Tensor, style: &Tensor) -> Result<Tensor> {
        let (scale, shift) = self.of_style(style)?;
        let (scale, shift) = (scale.squeeze(0)?, shift.squeeze(0)?);
        let input = input.contiguous()?;
        let epsilon = EPSILON as f32;
        let shift = shift.contiguous()?;
        Ok(candle_nn::ops::layer_norm(&input, &scale, &shift, epsilon)?)
    }

    /// Over all times of each channel, with an activation behind.
    pub(crate) fn over_time(
        &self,
        input: &Tensor,
        style: &Tensor,
        activation: Activation<'_>,
    ) -> Result<Tensor> {
        let (scale, shift) = self.of_style(style)?;
        let channels = input.t()?.contiguous()?;
        let mean = channels.mean_keepdim(D::Minus1)?;
        let variance = channels.broadcast_sub(&mean)?.sqr()?.mean_keepdim(D::Minus1)?;
        let scale = (scale / (variance.t()? + EPSILON)?.sqrt()?)?;
        let normed = input.broadcast_sub(&mean.t()?)?;
        activation.apply(&normed.broadcast_mul(&scale)?.broadcast_add(&shift)?)
    }
}
