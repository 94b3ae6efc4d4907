//! The layers of a voice from its tensors: axes turned to `[time, channel]`.

use candle_core::{DType, Device, Tensor};
use kiskadee_checkpoint::Weights;
use kiskadee_nn::{Convolution, DepthwiseConvolution, Extras, Modulation, layer_norm};

use crate::{config::DilatedKernel, error::Result};

/// As in the reference.
const NORM_EPSILON: f64 = 1e-5;

/// Tensors by name, some of them of one part of the network.
#[derive(Clone)]
pub(super) struct Loader<'a> {
    weights: &'a Weights,
    prefix: String,
}

impl<'a> Loader<'a> {
    pub(super) fn new(weights: &'a Weights) -> Self {
        Self {
            weights,
            prefix: String::new(),
        }
    }

    /// What lies under a name.
    pub(super) fn at(&self, name: impl std::fmt::Display) -> Self {
        Self {
            weights: self.weights,
            prefix: format!("{}{name}.", self.prefix),
        }
    }

    pub(super) fn device(&self) -> &Device {
        self.weights.device()
    }

    pub(super) fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        Ok(self.weights.get(&format!("{}{name}", self.prefix), shape)?)
    }

    /// A weight `[out, in, kernel]` as `[tap, in, out]`, and its bias.
    pub(super) fn taps(
        &self,
        name: &str,
        (input, output): (usize, usize),
        kernel: usize,
    ) -> Result<(Tensor, Tensor)> {
        let weight = self.tensor(&format!("{name}.weight"), &[output, input, kernel])?;
        let bias = self.tensor(&format!("{name}.bias"), &[output])?;
        Ok((weight.permute((2, 1, 0))?.contiguous()?, bias))
    }

    pub(super) fn convolution(
        &self,
        name: &str,
        sizes: (usize, usize),
        DilatedKernel { kernel, dilation }: DilatedKernel,
    ) -> Result<BiasedConvolution> {
        let (weight, bias) = self.taps(name, sizes, kernel)?;
        BiasedConvolution::new(&weight, bias, dilation)
    }

    /// A convolution of one tap.
    pub(super) fn pointwise(&self, name: &str, sizes: (usize, usize)) -> Result<BiasedConvolution> {
        let one = DilatedKernel {
            kernel: 1,
            dilation: 1,
        };
        self.convolution(name, sizes, one)
    }

    /// A convolution of each channel by itself.
    pub(super) fn depthwise(
        &self,
        name: &str,
        width: usize,
        DilatedKernel { kernel, dilation }: DilatedKernel,
    ) -> Result<DepthwiseConvolution> {
        let weight = self.tensor(&format!("{name}.weight"), &[width, 1, kernel])?;
        let bias = self.tensor(&format!("{name}.bias"), &[width])?;
        let weight = weight.squeeze(1)?.t()?.contiguous()?;
        Ok(DepthwiseConvolution::new(
            &weight,
            &bias,
            dilation,
            DType::F32,
        )?)
    }

    pub(super) fn norm(&self, name: &str, width: usize) -> Result<Norm> {
        Ok(Norm(Modulation {
            factors: self.tensor(&format!("{name}.gamma"), &[width])?,
            summands: self.tensor(&format!("{name}.beta"), &[width])?,
        }))
    }
}

/// A convolution with its bias `[out]`.
pub(super) struct BiasedConvolution {
    pub(super) convolution: Convolution,
    pub(super) bias: Tensor,
}

impl BiasedConvolution {
    /// Of a weight `[tap, in, out]`.
    pub(super) fn new(weight: &Tensor, bias: Tensor, dilation: usize) -> Result<Self> {
        Ok(Self {
            convolution: Convolution::new(weight, dilation, DType::F32)?,
            bias,
        })
    }

    /// As long as the input, beyond which are zeros.
    pub(super) fn same(&self, input: &Tensor, extras: Extras<'_>) -> Result<Tensor> {
        let half = self.convolution.reach() / 2;
        if half == 0 {
            return self.apply(input, extras);
        }
        self.apply(&input.pad_with_zeros(0, half, half)?, extras)
    }

    /// Of an input that is longer by the convolution's reach.
    pub(super) fn apply(&self, input: &Tensor, extras: Extras<'_>) -> Result<Tensor> {
        Ok(self.convolution.forward(input, &self.bias, extras)?)
    }
}

/// Normalisation over the channels.
pub(super) struct Norm(Modulation);

impl Norm {
    pub(super) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        Ok(layer_norm(input, Some(&self.0), NORM_EPSILON)?)
    }
}

/// A rectifier in front of a convolution.
pub(super) fn rectified() -> Extras<'static> {
    Extras {
        slope: Some(0.0),
        residual: None,
    }
}
