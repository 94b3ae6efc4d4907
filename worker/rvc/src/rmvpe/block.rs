//! Two convolutions with a shortcut around them, normalisations folded into the weights.

use candle_core::{DType, Tensor};
use kiskadee_nn::PlaneConvolution;

use crate::error::{Result, RvcError};
use crate::tensors::Tensors;

const NORM_EPSILON: f64 = 1e-5;
/// More channels than in any pitch network.
const MOST_CHANNELS: usize = 2048;

pub(super) struct Block {
    first: PlaneConvolution,
    second: PlaneConvolution,
    /// Brings the input to the channels of the output, where those are others.
    shortcut: Option<PlaneConvolution>,
}

impl Block {
    pub(super) fn load(tensors: &Tensors) -> Result<Self> {
        let name = "conv.0.weight";
        let (output, input) = (tensors.size(name, 0)?, tensors.size(name, 1)?);
        if output.max(input) > MOST_CHANNELS || output.min(input) == 0 {
            return Err(RvcError::tensor(
                name,
                format!("is of {input} and {output} channels"),
            ));
        }
        let convolution = |convolution: &str, norm: &str, input: usize| -> Result<_> {
            let weight = tensors.get(&format!("{convolution}.weight"), &[output, input, 3, 3])?;
            let norm = BatchNorm::load(&tensors.at(norm), output)?;
            let weight = weight.broadcast_mul(&norm.factors.reshape((output, 1, 1, 1))?)?;
            Ok(PlaneConvolution::new(
                &weight,
                &norm.summands,
                true,
                DType::F32,
            )?)
        };
        let shortcut = || -> Result<_> {
            let weight = tensors.get("shortcut.weight", &[output, input, 1, 1])?;
            let bias = tensors.get("shortcut.bias", &[output])?;
            Ok(PlaneConvolution::new(&weight, &bias, false, DType::F32)?)
        };
        let has_shortcut = tensors.contains("shortcut.weight");
        Ok(Self {
            first: convolution("conv.0", "conv.1", input)?,
            second: convolution("conv.3", "conv.4", output)?,
            shortcut: has_shortcut.then(shortcut).transpose()?,
        })
    }

    /// All blocks of a list.
    pub(super) fn list(tensors: &Tensors) -> Result<Vec<Self>> {
        let count = tensors.count(|number| format!("{number}.conv.0.weight"));
        (0..count)
            .map(|number| Self::load(&tensors.at(number)))
            .collect()
    }

    pub(super) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let output = self.second.forward(&self.first.forward(input)?)?;
        Ok(match &self.shortcut {
            Some(shortcut) => (output + shortcut.forward(input)?)?,
            None => (output + input)?,
        })
    }
}

/// Batch normalisation with the statistics of the training, `[channel]`.
pub(super) struct BatchNorm {
    pub(super) factors: Tensor,
    pub(super) summands: Tensor,
}

impl BatchNorm {
    pub(super) fn load(tensors: &Tensors, channels: usize) -> Result<Self> {
        let vector = |name| tensors.get(name, &[channels]);
        let deviation = (vector("running_var")? + NORM_EPSILON)?.sqrt()?;
        let factors = (vector("weight")? / deviation)?;
        let summands = (vector("bias")? - (vector("running_mean")? * &factors)?)?;
        Ok(Self { factors, summands })
    }
}
