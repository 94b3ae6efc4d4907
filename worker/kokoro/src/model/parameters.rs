//! Layers made of the tensors of a model file, by the names of the reference's modules.

use candle_core::{DType, Device, Tensor};
use kiskadee_checkpoint::Weights;
use kiskadee_nn::{
    BidirectionalLstm, Linear, LstmWeights, Modulation, SameConvolution, StridedConvolution,
    TransposedConvolution, TransposedDepthwise, TransposedSize,
};

use super::convolution::{Doubling, Same, Strided, Transposed};
use super::normalization::{AdaptiveNorm, LayerNorm};
use crate::error::{KokoroError, Result};

/// A model file from which layers are made.
#[derive(Clone, Copy)]
pub(crate) struct Parameters<'a> {
    pub(crate) weights: &'a Weights,
}

/// What layers compute in, on GPUs too.
const DTYPE: DType = DType::F32;

impl<'a> Parameters<'a> {
    pub(crate) fn device(self) -> &'a Device {
        self.weights.device()
    }

    pub(crate) fn has(self, name: &str) -> bool {
        self.weights.contains(name)
    }

    pub(crate) fn get(self, name: &str, shape: &[usize]) -> Result<Tensor> {
        Ok(self.weights.get(name, shape)?)
    }

    /// The shape of a tensor of `rank` dimensions, whose second one must be `input`.
    fn shape(self, name: &str, rank: usize, input: usize) -> Result<Vec<usize>> {
        let shape = self.weights.shape(name)?;
        if shape.len() == rank && shape.get(1) == Some(&input) && !shape.contains(&0) {
            return Ok(shape);
        }
        let reason = format!("has the shape {shape:?} where {input} inputs are needed");
        Err(KokoroError::tensor(name, reason))
    }

    /// Zeros where a layer has no bias.
    fn bias(self, module: &str, output: usize) -> Result<Tensor> {
        let name = format!("{module}.bias");
        if self.has(&name) {
            self.get(&name, &[output])
        } else {
            Ok(Tensor::zeros(output, DTYPE, self.device())?)
        }
    }

    /// A table of `[rows, width]`, the width as the file has it.
    pub(crate) fn table(self, module: &str, rows: usize, width: usize) -> Result<Tensor> {
        self.get(&format!("{module}.weight"), &[rows, width])
    }

    pub(crate) fn linear(self, module: &str, input: usize, output: usize) -> Result<Linear> {
        let weight = self.get(&format!("{module}.weight"), &[output, input])?;
        let bias = self.bias(module, output)?;
        Ok(Linear::new(&weight.t()?.contiguous()?, &bias, DTYPE)?)
    }

    /// Weights `[out, in, tap]` and the bias of a convolution.
    fn taps(self, module: &str, input: usize) -> Result<(Tensor, Tensor)> {
        let name = format!("{module}.weight");
        let shape = self.shape(&name, 3, input)?;
        Ok((self.get(&name, &shape)?, self.bias(module, shape[0])?))
    }

    /// A convolution of an odd number of taps whose output is as long as its input.
    pub(crate) fn convolution(self, module: &str, input: usize, dilation: usize) -> Result<Same> {
        let (weight, bias) = self.taps(module, input)?;
        let output = weight.dim(0)?;
        let layer = SameConvolution::new(&weight, &bias, dilation, DTYPE)?;
        Ok(Same { layer, output })
    }

    pub(crate) fn strided(
        self,
        module: &str,
        input: usize,
        (stride, padding): (usize, usize),
    ) -> Result<Strided> {
        let (weight, bias) = self.taps(module, input)?;
        let output = weight.dim(0)?;
        let weight = weight.permute((2, 1, 0))?.contiguous()?;
        let layer = StridedConvolution::new(&weight, &bias, (stride, padding), DTYPE)?;
        Ok(Strided { layer, output })
    }

    /// A transposed convolution, of weights `[in, out, tap]`.
    pub(crate) fn transposed(
        self,
        module: &str,
        input: usize,
        output: usize,
        (taps, stride): (usize, usize),
    ) -> Result<Transposed> {
        let weight = self.get(&format!("{module}.weight"), &[input, output, taps])?;
        let size = TransposedSize::centred(taps, stride);
        Ok(Transposed {
            layer: TransposedConvolution::new(&weight, size, DTYPE)?,
            bias: self.bias(module, output)?,
        })
    }

    /// Twice as many times as there were, each channel by itself.
    pub(crate) fn doubling(self, module: &str, width: usize) -> Result<Doubling> {
        let size = TransposedSize {
            kernel: 3,
            stride: 2,
            padding: 1,
            output_padding: 1,
        };
        let weight = self.get(&format!("{module}.weight"), &[width, 1, size.kernel])?;
        let weight = weight.squeeze(1)?.t()?.contiguous()?;
        let bias = self.bias(module, width)?;
        Ok(Doubling(TransposedDepthwise::new(
            &weight, &bias, size, DTYPE,
        )?))
    }

    pub(crate) fn layer_norm(
        self,
        (scale, shift): (String, String),
        width: usize,
        epsilon: f64,
    ) -> Result<LayerNorm> {
        Ok(LayerNorm {
            modulation: Modulation {
                factors: self.get(&scale, &[width])?,
                summands: self.get(&shift, &[width])?,
            },
            epsilon,
        })
    }

    /// A norm whose scale and shift come from the style.
    pub(crate) fn adaptive(self, module: &str, width: usize, style: usize) -> Result<AdaptiveNorm> {
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
    pub(crate) fn bilstm(
        self,
        module: &str,
        input: usize,
        output: usize,
    ) -> Result<BidirectionalLstm> {
        let half = output / 2;
        let direction = |suffix: &str| -> Result<[Tensor; 3]> {
            let name = |part: &str| format!("{module}.{part}_l0{suffix}");
            let bias = (self.get(&name("bias_ih"), &[4 * half])?
                + self.get(&name("bias_hh"), &[4 * half])?)?;
            let weight = self.get(&name("weight_ih"), &[4 * half, input])?;
            Ok([
                weight,
                self.get(&name("weight_hh"), &[4 * half, half])?,
                bias,
            ])
        };
        let (forward, backward) = (direction("")?, direction("_reverse")?);
        Ok(BidirectionalLstm::new(
            &of(&forward),
            &of(&backward),
            DTYPE,
        )?)
    }
}

fn of([input, recurrent, bias]: &[Tensor; 3]) -> LstmWeights<'_> {
    LstmWeights {
        input,
        recurrent,
        bias,
    }
}
