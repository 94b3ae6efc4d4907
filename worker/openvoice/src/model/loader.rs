//! Tensors by name: weight norm folded, whichever way it was written.

use candle_core::{DType, Tensor};
use kiskadee_checkpoint::Weights;
use kiskadee_nn::{Linear, SameConvolution, TransposedConvolution, TransposedSize};

use crate::error::Result;

/// Names of magnitude and direction, the new ones first.
const NORMED: [[&str; 2]; 2] = [
    [
        "parametrizations.weight.original0",
        "parametrizations.weight.original1",
    ],
    ["weight_g", "weight_v"],
];

pub(super) struct Loader<'a> {
    weights: &'a Weights,
}

impl<'a> Loader<'a> {
    pub(super) fn new(weights: &'a Weights) -> Self {
        Self { weights }
    }

    pub(super) fn device(&self) -> &candle_core::Device {
        self.weights.device()
    }

    /// A weight as it is, or from its direction and magnitude: the norm goes over all axes but the first.
    pub(super) fn weight(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        for [magnitude, direction] in NORMED {
            let direction = format!("{name}.{direction}");
            if !self.weights.contains(&direction) {
                continue;
            }
            let mut narrow = vec![1; shape.len()];
            narrow[0] = shape[0];
            let magnitude = self.weights.get(&format!("{name}.{magnitude}"), narrow)?;
            let direction = self.weights.get(&direction, shape)?;
            let rows = direction.reshape((shape[0], ()))?;
            let norm = rows
                .sqr()?
                .sum_keepdim(1)?
                .sqrt()?
                .reshape(magnitude.shape())?;
            return Ok(direction.broadcast_mul(&(magnitude / norm)?)?);
        }
        Ok(self.weights.get(&format!("{name}.weight"), shape)?)
    }

    pub(super) fn plain(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        Ok(self.weights.get(name, shape)?)
    }

    pub(super) fn bias(&self, name: &str, size: usize) -> Result<Tensor> {
        self.plain(&format!("{name}.bias"), &[size])
    }

    /// A convolution of one tap.
    pub(super) fn pointwise(&self, name: &str, (input, output): (usize, usize)) -> Result<Linear> {
        let weight = self.weight(name, &[output, input, 1])?.squeeze(2)?.t()?;
        Ok(Linear::new(&weight, &self.bias(name, output)?, DType::F32)?)
    }

    pub(super) fn convolution(
        &self,
        name: &str,
        (input, output): (usize, usize),
        taps: usize,
        dilation: usize,
    ) -> Result<SameConvolution> {
        let weight = self.weight(name, &[output, input, taps])?;
        let bias = self.bias(name, output)?;
        Ok(SameConvolution::new(&weight, &bias, dilation, DType::F32)?)
    }

    pub(super) fn without_bias(
        &self,
        name: &str,
        (input, output): (usize, usize),
        taps: usize,
    ) -> Result<SameConvolution> {
        let weight = self.weight(name, &[output, input, taps])?;
        let bias = Tensor::zeros(output, DType::F32, self.weights.device())?;
        Ok(SameConvolution::new(&weight, &bias, 1, DType::F32)?)
    }

    /// With its bias.
    pub(super) fn upsampling(
        &self,
        name: &str,
        (input, output): (usize, usize),
        (kernel, stride): (usize, usize),
    ) -> Result<(TransposedConvolution, Tensor)> {
        let weight = self.weight(name, &[input, output, kernel])?;
        let size = TransposedSize::centred(kernel, stride);
        let made = TransposedConvolution::new(&weight, size, DType::F32)?;
        Ok((made, self.bias(name, output)?))
    }
}
