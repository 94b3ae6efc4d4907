//! Layers made of the tensors of a model file, by the names that Hugging Face gave them.

use candle_core::{DType, Device, Tensor};
use kiskadee_checkpoint::Weights;
use kiskadee_nn::{Linear, Modulation, Packed, kernels::quantized::Quantized, layer_norm};

use super::Precision;
use crate::error::{Result, WhisperError};

/// Of all layer norms.
const EPSILON: f64 = 1e-5;
/// What layers compute in, on GPUs too.
const DTYPE: DType = DType::F32;
/// What the names begin with in most files.
const PREFIX: &str = "model.";

/// A model file from which layers are made.
#[derive(Clone, Copy)]
pub(crate) struct Parameters<'a> {
    weights: &'a Weights,
    prefix: &'static str,
    precision: Precision,
}

/// A norm over the channels of each time.
pub(super) struct LayerNorm(Modulation);

impl LayerNorm {
    pub(super) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        Ok(layer_norm(input, Some(&self.0), EPSILON)?)
    }
}

impl<'a> Parameters<'a> {
    pub(crate) fn new(weights: &'a Weights, precision: Precision) -> Self {
        let has_prefix = weights.contains("model.encoder.conv1.weight");
        Self {
            weights,
            prefix: if has_prefix { PREFIX } else { "" },
            precision,
        }
    }

    pub(super) fn device(self) -> &'a Device {
        self.weights.device()
    }

    pub(super) fn has(self, name: &str) -> bool {
        self.weights.contains(&format!("{}{name}", self.prefix))
    }

    pub(super) fn get(self, name: &str, shape: &[usize]) -> Result<Tensor> {
        Ok(self.weights.get(&format!("{}{name}", self.prefix), shape)?)
    }

    /// The weight as `[in, out]` and the bias, zeros where there is none.
    fn affine(self, module: &str, (input, output): (usize, usize)) -> Result<(Tensor, Tensor)> {
        let weight = self.get(&format!("{module}.weight"), &[output, input])?;
        let name = format!("{module}.bias");
        let bias = if self.has(&name) {
            self.get(&name, &[output])?
        } else {
            Tensor::zeros(output, DTYPE, self.device())?
        };
        Ok((weight.t()?.contiguous()?, bias))
    }

    pub(super) fn linear(self, module: &str, size: (usize, usize)) -> Result<Linear> {
        let (weight, bias) = self.affine(module, size)?;
        self.layer(&weight, &bias)
    }

    /// Several layers of one input and one size, whose outputs stand side by side.
    pub(super) fn side_by_side(self, modules: &[String], size: (usize, usize)) -> Result<Linear> {
        let layers = modules.iter().map(|module| self.affine(module, size));
        let (weights, biases): (Vec<_>, Vec<_>) =
            layers.collect::<Result<Vec<_>>>()?.into_iter().unzip();
        self.layer(&Tensor::cat(&weights, 1)?, &Tensor::cat(&biases, 0)?)
    }

    /// Of a weight `[in, out]`.
    fn layer(self, weight: &Tensor, bias: &Tensor) -> Result<Linear> {
        if self.precision == Precision::Full || !weight.device().is_cpu() {
            return Ok(Linear::new(weight, bias, DTYPE)?);
        }
        let (input, output) = weight.dims2()?;
        let records = Quantized::pack(&weight.flatten_all()?.to_vec1::<f32>()?, input, output);
        let records = kiskadee_checkpoint::Bytes::Owned(records.into());
        let weights = Quantized::new(records, input, output).ok_or_else(|| {
            WhisperError::Input(format!("{input} by {output} weights do not go into 8 bits"))
        })?;
        let bias = bias.to_vec1()?;
        Ok(Linear::Quantized(Packed { weights, bias }.into()))
    }

    pub(super) fn norm(self, module: &str, width: usize) -> Result<LayerNorm> {
        Ok(LayerNorm(Modulation {
            factors: self.get(&format!("{module}.weight"), &[width])?,
            summands: self.get(&format!("{module}.bias"), &[width])?,
        }))
    }

    /// The layer that gives a score for each row of a table `[rows, width]`.
    pub(super) fn scores(self, table: &Tensor) -> Result<Linear> {
        let bias = Tensor::zeros(table.dim(0)?, DTYPE, self.device())?;
        self.layer(&table.t()?.contiguous()?, &bias)
    }
}
