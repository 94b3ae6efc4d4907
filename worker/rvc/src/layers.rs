//! Layers from tensors: axes turned to `[time, channel]`, weight norm folded.

use candle_core::{DType, Tensor};
use kiskadee_nn::{Convolution, Linear, Modulation, SameConvolution, layer_norm};

use crate::error::Result;
use crate::tensors::Tensors;

const NORM_EPSILON: f64 = 1e-5;

/// Channels before and behind.
pub(crate) type Sizes = (usize, usize);

impl Tensors {
    /// A linear layer of a weight `[out, in]`.
    pub(crate) fn linear(&self, name: &str, (input, output): Sizes) -> Result<Linear> {
        let weight = self.get(&format!("{name}.weight"), &[output, input])?;
        let bias = self.get(&format!("{name}.bias"), &[output])?;
        Ok(Linear::new(&weight.t()?.contiguous()?, &bias, DType::F32)?)
    }

    /// A convolution of one tap as a linear layer.
    pub(crate) fn pointwise(&self, name: &str, (input, output): Sizes) -> Result<Linear> {
        let (weight, bias) = self.taps(name, (input, output), 1)?;
        Ok(Linear::new(
            &weight.squeeze(0)?.contiguous()?,
            &bias,
            DType::F32,
        )?)
    }

    /// A weight `[out, in, kernel]` as `[tap, in, out]`, and its bias.
    pub(crate) fn taps(
        &self,
        name: &str,
        (input, output): Sizes,
        kernel: usize,
    ) -> Result<(Tensor, Tensor)> {
        let weight = self.folded(name, &[output, input, kernel], 0)?;
        let bias = self.get(&format!("{name}.bias"), &[output])?;
        Ok((weight.permute((2, 1, 0))?.contiguous()?, bias))
    }

    /// A convolution for streams, and its bias.
    pub(crate) fn convolution(
        &self,
        name: &str,
        sizes: Sizes,
        kernel: usize,
        dilation: usize,
    ) -> Result<(Convolution, Tensor)> {
        let (weight, bias) = self.taps(name, sizes, kernel)?;
        Ok((Convolution::new(&weight, dilation, DType::F32)?, bias))
    }

    /// A convolution over the whole, as long as its input.
    pub(crate) fn same(
        &self,
        name: &str,
        (input, output): Sizes,
        kernel: usize,
    ) -> Result<SameConvolution> {
        let weight = self.folded(name, &[output, input, kernel], 0)?;
        let bias = self.get(&format!("{name}.bias"), &[output])?;
        Ok(SameConvolution::new(&weight, &bias, 1, DType::F32)?)
    }

    /// A normalisation over channels; `names` are those of the factors and of the summands.
    pub(crate) fn norm(&self, name: &str, names: [&str; 2], width: usize) -> Result<Norm> {
        let vector = |part: &str| self.get(&format!("{name}.{part}"), &[width]);
        Ok(Norm(Modulation {
            factors: vector(names[0])?,
            summands: vector(names[1])?,
        }))
    }
}

/// Normalisation over the channels.
pub(crate) struct Norm(Modulation);

impl Norm {
    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        Ok(layer_norm(input, Some(&self.0), NORM_EPSILON)?)
    }
}
