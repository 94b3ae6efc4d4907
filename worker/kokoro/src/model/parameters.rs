//! Layers made of the tensors of a model file, by the names of the reference's modules.

use candle_core::{DType, Device, Tensor};
use kiskadee_checkpoint::Weights;
use kiskadee_nn::{Convolution, Linear};

use super::convolution::{
    DoublingConvolution, SameConvolution, StridedConvolution, TransposedConvolution,
};
use super::normalization::{AdaptiveNorm, LayerNorm};
use super::recurrent::{BiLstm, Direction};
use crate::error::{KokoroError, Result};

/// A model file from which layers are made.
#[derive(Clone, Copy)]
pub(crate) struct Parameters<'a> {
    pub(crate) weights: &'a Weights,
}

/// What layers compute in, on GPUs too.
const DTYPE: DType = DType::F32;

impl Parameters<'_> {
    pub(crate) fn device(&self) -> &Device {
        self.weights.device()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.weights.contains(name)
    }

    pub(crate) fn get(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        Ok(self.weights.get(name, shape)?)
    }

    /// The shape of a tensor of `rank` dimensions, whose second one must be `input`.
    fn shape(&self, name: &str, rank: usize, input: usize) -> Result<Vec<usize>> {
        let shape = self.weights.shape(name)?;
        if shape.len() == rank && shape.get(1) == Some(&input) && !shape.contains(&0) {
            return Ok(shape);
        }
        let reason = format!("has the shape {shape:?} where {input} inputs are needed");
        Err(KokoroError::tensor(name, reason))
    }

    /// Zeros where a layer has no bias.
    fn bias(&self, module: &str, output: usize) -> Result<Tensor> {
        let name = format!("{module}.bias");
        if self.has(&name) {
            self.get(&name, &[output])
        } else {
            Ok(Tensor::zeros(output, DTYPE, self.device())?)
        }
    }

    /// A table of `[rows, width]`, the width as the file has it.
    pub(crate) fn table(&self, module: &str, rows: usize, width: usize) -> Result<Tensor> {
        self.get(&format!("{module}.weight"), &[rows, width])
    }

    pub(crate) fn linear(&self, module: &str, input: usize, output: usize) -> Result<Linear> {
        let weight = self.get(&format!("{module}.weight"), &[output, input])?;
        let bias = self.bias(module, output)?;
        Ok(Linear::new(&weight.t()?.contiguous()?, &bias, DTYPE)?)
    }

    /// Weights `[out, in, tap]` and the bias of a convolution.
    fn taps(&self, module: &str, input: usize) -> Result<(Tensor, Tensor)> {
        let name = format!("{module}.weight");
        let shape = self.shape(&name, 3, input)?;
        Ok((self.get(&name, &shape)?, self.bias(module, shape[0])?))
    }

    /// A convolution of an odd number of taps whose output is as long as its input.
    pub(crate) fn convolution(
        &self,
        module: &str,
        input: usize,
        dilation: usize,
    ) -> Result<SameConvolution> {
        let (weight, bias) = self.taps(module, input)?;
        let (output, _, taps) = weight.dims3()?;
        let weight = weight.permute((2, 1, 0))?.contiguous()?;
        Ok(SameConvolution {
            convolution: Convolution::new(&weight, dilation, DTYPE)?,
            bias,
            padding: (taps - 1) * dilation / 2,
            output,
        })
    }

    pub(crate) fn strided(
        &self,
        module: &str,
        input: usize,
        stride: usize,
        padding: usize,
    ) -> Result<StridedConvolution> {
        let (weight, bias) = self.taps(module, input)?;
        StridedConvolution::new(&weight, bias, stride, padding)
    }

    /// A transposed convolution, of weights `[in, out, tap]`.
    pub(crate) fn transposed(
        &self,
        module: &str,
        input: usize,
        output: usize,
        (taps, stride): (usize, usize),
    ) -> Result<TransposedConvolution> {
        let weight = self.get(&format!("{module}.weight"), &[input, output, taps])?;
        let bias = self.bias(module, output)?;
        TransposedConvolution::new(&weight, &bias, stride)
    }

    /// Twice as many times as there were, each channel by itself.
    pub(crate) fn doubling(&self, module: &str, width: usize) -> Result<DoublingConvolution> {
        let weight = self.get(&format!("{module}.weight"), &[width, 1, 3])?;
        DoublingConvolution::new(&weight, self.bias(module, width)?)
    }

    pub(crate) fn layer_norm(
        &self,
        (scale, shift): (String, String),
        width: usize,
        epsilon: f32,
    ) -> Result<LayerNorm> {
        Ok(LayerNorm {
            scale: self.get(&scale, &[width])?,
            shift: self.get(&shift, &[width])?,
            epsilon,
        })
    }

    /// A norm whose scale and shift come from the style.
    pub(crate) fn adaptive(&self, module: &str, width: usize, style: usize) -> Result<AdaptiveNorm> {
        let affine = if self.has(&format!("{module}.norm.weight")) {
            Some((
                self.get(&format!("{module}.norm.weight"), &[width])?,
                self.get(&format!("{module}.norm.bias"), &[width])?,
            ))
        } else {
            None
        };
        Ok(AdaptiveNorm {
            style: self.linear(&format!("{module}.fc"), style, 2 * width)?,
            affine,
            width,
        })
    }

    /// `output` is that of both directions together.
    pub(crate) fn bilstm(&self, module: &str, input: usize, output: usize) -> Result<BiLstm> {
        let half = output / 2;
        let direction = |suffix: &str| -> Result<Direction> {
            let name = |part: &str| format!("{module}.{part}_l0{suffix}");
            let bias = (self.get(&name("bias_ih"), &[4 * half])?
                + self.get(&name("bias_hh"), &[4 * half])?)?;
            let weight = self.get(&name("weight_ih"), &[4 * half, input])?;
            let recurrent = self.get(&name("weight_hh"), &[4 * half, half])?;
            Ok(Direction {
                input: Linear::new(&weight.t()?.contiguous()?, &bias, DTYPE)?,
                recurrent: recurrent.t()?.contiguous()?,
            })
        };
        Ok(BiLstm {
            forward: direction("")?,
            backward: direction("_reverse")?,
        })
    }
}
