//! The residual block of the predictor and the decoder.

use candle_core::Tensor;
use kiskadee_nn::{Activation, Curve};

use super::convolution::{Doubling, Same};
use super::normalization::AdaptiveNorm;
use super::parameters::Parameters;
use crate::error::Result;

const SLOPE: f32 = 0.2;

/// Two convolutions behind adaptive norms, beside a shortcut; some double the times.
pub(crate) struct Block {
    norms: [AdaptiveNorm; 2],
    convolutions: [Same; 2],
    doubling: Option<Doubling>,
    shortcut: Option<Same>,
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
        let modulation = norm1.over_time(input, style)?;
        let active = Activation::modulated(&modulation, Curve::Leaky(SLOPE));
        let (hidden, mut beside) = match &self.doubling {
            Some(doubling) => {
                let doubled = doubling.forward(&active.apply(input)?)?;
                (convolution1.forward(&doubled)?, twice(input)?)
            }
            None => (
                convolution1.forward_active(input, active, None)?,
                input.clone(),
            ),
        };
        if let Some(shortcut) = &self.shortcut {
            beside = shortcut.forward(&beside)?;
        }
        let modulation = norm2.over_time(&hidden, style)?;
        let active = Activation::modulated(&modulation, Curve::Leaky(SLOPE));
        let sum = convolution2.forward_active(&hidden, active, Some(&beside))?;
        Ok((sum / std::f64::consts::SQRT_2)?)
    }
}

/// Every time two times.
fn twice(input: &Tensor) -> Result<Tensor> {
    let (times, width) = input.dims2()?;
    let twice = input.unsqueeze(1)?.expand((times, 2, width))?;
    Ok(twice.contiguous()?.reshape((2 * times, width))?)
}
