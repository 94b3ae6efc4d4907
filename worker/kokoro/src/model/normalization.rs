//! Norms over channels and over time, some with scale and shift from the style.

use candle_core::Tensor;
use kiskadee_nn::{Linear, Modulation, layer_norm};

use crate::error::Result;

/// Of adaptive norms; plain ones have their own.
const EPSILON: f64 = 1e-5;

/// Over the channels of each time.
pub(crate) struct LayerNorm {
    pub(crate) modulation: Modulation,
    pub(crate) epsilon: f64,
}

impl LayerNorm {
    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        Ok(layer_norm(input, Some(&self.modulation), self.epsilon)?)
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

impl AdaptiveNorm {
    /// What the scale is above 1 and the shift for a style `[1, style]`, `[width]` each.
    fn of_style(&self, style: &Tensor) -> Result<(Tensor, Tensor)> {
        let both = self.style.forward(style)?.squeeze(0)?;
        let gamma = both.narrow(0, 0, self.width)?;
        let beta = both.narrow(0, self.width, self.width)?;
        match &self.affine {
            Some((weight, bias)) => {
                let scale = (gamma + 1.0)?;
                let beta = ((&scale * bias)? + beta)?;
                Ok((((scale * weight)? - 1.0)?, beta))
            }
            None => Ok((gamma.contiguous()?, beta.contiguous()?)),
        }
    }

    /// Over the channels of each time.
    pub(crate) fn over_channels(&self, input: &Tensor, style: &Tensor) -> Result<Tensor> {
        let (gamma, summands) = self.of_style(style)?;
        let modulation = Modulation {
            factors: (gamma + 1.0)?,
            summands,
        };
        Ok(layer_norm(input, Some(&modulation), EPSILON)?)
    }

    /// Over all times of each channel, as a modulation of the input.
    pub(crate) fn over_time(&self, input: &Tensor, style: &Tensor) -> Result<Modulation> {
        let (gamma, beta) = self.of_style(style)?;
        Ok(Modulation::instance_norm(input, &gamma, &beta, EPSILON)?)
    }
}
