//! Convolutions with the number of their outputs, which a model's file tells.

use candle_core::Tensor;
use kiskadee_nn::{
    Activation, SameConvolution, StridedConvolution, TransposedConvolution, TransposedDepthwise,
};

use crate::error::Result;

/// As many times come out as go in.
pub(crate) struct Same {
    pub(crate) layer: SameConvolution,
    pub(crate) output: usize,
}

impl Same {
    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        Ok(self.layer.forward(input, Activation::IDENTITY, None)?)
    }

    /// Of the input behind an activation; added to `residual`, `[time, out]`.
    pub(crate) fn forward_active(
        &self,
        input: &Tensor,
        activation: Activation<'_>,
        residual: Option<&Tensor>,
    ) -> Result<Tensor> {
        Ok(self.layer.forward(input, activation, residual)?)
    }
}

/// An output for every few times of input.
pub(crate) struct Strided {
    pub(crate) layer: StridedConvolution,
    pub(crate) output: usize,
}

impl Strided {
    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        Ok(self.layer.forward(input)?)
    }
}

/// A few outputs for every time of input.
pub(crate) struct Transposed {
    pub(crate) layer: TransposedConvolution,
    pub(crate) bias: Tensor,
}

impl Transposed {
    /// Of the input behind a leaky ReLU.
    pub(crate) fn forward(&self, input: &Tensor, slope: f32) -> Result<Tensor> {
        Ok(self.layer.forward(input, &self.bias, Some(slope))?)
    }
}

/// Twice as many times as go in, each channel by itself.
pub(crate) struct Doubling(pub(crate) TransposedDepthwise);

impl Doubling {
    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        Ok(self.0.forward(input)?)
    }
}
