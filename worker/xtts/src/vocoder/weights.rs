//! The vocoder's tensors: weight norm folded, axes in the order of our layers.

use candle_core::{DType, Tensor};
use kiskadee_checkpoint::Weights;
use kiskadee_nn::{
    Convolution, Linear,
    stream::{ResidualBlock, Upsampling},
};

use super::{DILATIONS, KERNELS, SLOPE, Stage};
use crate::error::Result;

const PREFIX: &str = "hifigan_decoder.waveform_decoder";

pub(super) struct Loader<'a> {
    pub(super) weights: &'a Weights,
    pub(super) dtype: DType,
    /// Size of the speaker embedding.
    pub(super) embedding: usize,
}

impl Loader<'_> {
    pub(super) fn stage(
        &self,
        number: usize,
        (stride, kernel): (usize, usize),
        input: usize,
    ) -> Result<Stage> {
        let output = input / 2;
        let name = format!("ups.{number}");
        let weight = self.folded(&name, (input, output, kernel))?;
        let bias = self.vector(&format!("{name}.bias"), output)?;
        let blocks = KERNELS.iter().enumerate();
        let blocks = blocks.map(|(block, kernel)| {
            self.residual_block(number * KERNELS.len() + block, output, *kernel)
        });
        Ok(Stage {
            upsampling: Upsampling::new(&weight, bias, stride, SLOPE, self.dtype)?,
            conditioning: self.conditioning(&format!("conds.{number}"), output)?,
            blocks: blocks.collect::<Result<_>>()?,
        })
    }

    fn residual_block(
        &self,
        number: usize,
        channels: usize,
        kernel: usize,
    ) -> Result<ResidualBlock> {
        let mut layers = Vec::new();
        for (round, dilation) in DILATIONS.into_iter().enumerate() {
            for (which, dilation) in [("convs1", dilation), ("convs2", 1)] {
                let name = format!("resblocks.{number}.{which}.{round}");
                let convolution = self.convolution(&name, channels, channels, kernel, dilation)?;
                layers.push((convolution, self.vector(&format!("{name}.bias"), channels)?));
            }
        }
        Ok(ResidualBlock::new(layers, 2, SLOPE))
    }

    pub(super) fn convolution(
        &self,
        name: &str,
        input: usize,
        output: usize,
        kernel: usize,
        dilation: usize,
    ) -> Result<Convolution> {
        let weight = self.folded(name, (output, input, kernel))?;
        let weight = weight.permute((2, 1, 0))?.contiguous()?;
        Ok(Convolution::new(&weight, dilation, self.dtype)?)
    }

    /// A convolution of one tap over the speaker embedding.
    pub(super) fn conditioning(&self, name: &str, output: usize) -> Result<Linear> {
        let weight = format!("{PREFIX}.{name}.weight");
        let weight = self.weights.get(&weight, (output, self.embedding, 1))?;
        let bias = self.weights.get(&format!("{PREFIX}.{name}.bias"), output)?;
        Ok(Linear::new(&weight.squeeze(2)?.t()?, &bias, self.dtype)?)
    }

    pub(super) fn vector(&self, name: &str, size: usize) -> Result<Tensor> {
        let vector = self.weights.get(&format!("{PREFIX}.{name}"), size)?;
        Ok(vector.to_dtype(self.dtype)?)
    }

    /// A weight as it is, or from its direction and magnitude: the norm goes over all axes but the first.
    fn folded(&self, name: &str, shape: (usize, usize, usize)) -> Result<Tensor> {
        let direction = format!("{PREFIX}.{name}.parametrizations.weight.original1");
        if !self.weights.contains(&direction) {
            return Ok(self
                .weights
                .get(&format!("{PREFIX}.{name}.weight"), shape)?);
        }
        let magnitude = format!("{PREFIX}.{name}.parametrizations.weight.original0");
        let magnitude = self.weights.get(&magnitude, (shape.0, 1, 1))?;
        let direction = self.weights.get(&direction, shape)?;
        let norm = direction.sqr()?.sum_keepdim((1, 2))?.sqrt()?;
        Ok(direction.broadcast_mul(&(magnitude / norm)?)?)
    }
}
