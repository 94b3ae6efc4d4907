//! The residual block of the predictor and the decoder.

use candle_core::Tensor;

use super::convolution::{DoublingConvolution, SameConvolution};
use super::normalization::{Activation, AdaptiveNorm};
use super::parameters::Parameters;
use crate::error::Result;

const SLOPE: f64 = 0.2;

/// Two convolutions behind adaptive norms, beside a shortcut; some double the times.
pub(crate) struct Block {
    norms: [AdaptiveNorm; 2],
    convolutions: [SameConvolution; 2],
    doubling: Option<DoublingConvolution>,
    shortcut: Option<SameConvolution>,
    pub(crate) output: usize,
}

impl Block {
    pub(crate) fn new(
        parameters: Parameters<'_>,
        module: &str,
        input: usize,
        style: usize,
    ) -> Result<Self> {
        let first = parameters.convolution(&format!("{module}.conv1"), input, 1)?;
        let output = first.output;
        let second = parameters.convolution(&format!("{module}.conv2"), output, 1)?;
        let (pool, shortcut) = (format!("{module}.pool"), format!("{module}.conv1x1"));
        let doubles = parameters.has(&format!("{pool}.weight"));
        Ok(Self {
            norms: [
                parameters.adaptive(&format!("{module}.norm1"), input, style)?,
                parameters.adaptive(&format!("{module}.norm2"), output, style)?,
            ],
            convolutions: [first, second],
            doubling: doubles
                .then(|| parameters.doubling(&pool, input))
                .transpose()?,
            shortcut: (input != output)
                .then(|| parameters.convolution(&shortcut, input, 1))
                .transpose()?,
            output,
        })
    }

    /// `[time, in]` to `[time, out]`, or twice as many times.
    pub(crate) fn forward(&self, input: &Tensor, style: &Tensor) -> Result<Tensor> {
        let [norm1, norm2] = &self.norms;
        let [convolution1, convolution2] = &self.convolutions;
        let mut hidden = norm1.over_time(input, style, Activation::LeakyRelu(SLOPE))?;
        let mut beside = input.clone();
        if let Some(doubling) = &self.doubling {
            hidden = doubling.forward(&hidden)?;
            let (times, width) = input.dims2()?;
            let twice = input.unsqueeze(1)?.expand((times, 2, width))?;
            beside = twice.contiguous()?.reshape((2 * times, width))?;
        }
        if let Some(shortcut) = &self.shortcut {
            beside = shortcut.forward(&beside)?;
        }
        let hidden = convolution1.forward(&hidden)?;
        let hidden = norm2.over_time(&hidden, style, Activation::LeakyRelu(SLOPE))?;
        let sum = convolution2.forward_onto(&hidden, Some(&beside))?;
        Ok((sum / std::f64::consts::SQRT_2)?)
    }
}
