//! From samples to frames: seven convolutions, each behind a Gaussian error linear unit, and a projection.

use candle_core::{DType, Tensor};
use kiskadee_nn::{Activation, Curve, Linear, Modulation, StridedConvolution, gelu_erf};

use crate::error::{Result, RvcError};
use crate::layers::Norm;
use crate::tensors::Tensors;
use crate::trace::Trace;

/// Kernels and strides.
const CONVOLUTIONS: [(usize, usize); 7] = [(10, 5), (3, 2), (3, 2), (3, 2), (3, 2), (2, 2), (2, 2)];
const NORM_EPSILON: f64 = 1e-5;

pub(super) struct Front {
    convolutions: Vec<StridedConvolution>,
    /// Of each channel over all times, behind the first convolution: the factors less 1, and the summands.
    channel_norm: (Tensor, Tensor),
    norm: Norm,
    projection: Linear,
}

impl Front {
    pub(super) fn load(tensors: &Tensors, width: usize) -> Result<Self> {
        let mut convolutions = Vec::new();
        let mut input = 1;
        for (number, (kernel, stride)) in CONVOLUTIONS.into_iter().enumerate() {
            let name = format!("feature_extractor.conv_layers.{number}.conv");
            if tensors.contains(&format!("{name}.bias")) {
                return Err(RvcError::tensor(
                    name,
                    "has a bias, as only other networks have",
                ));
            }
            let output = tensors.size(&format!("{name}.weight"), 0)?;
            let weight = tensors.get(&format!("{name}.weight"), &[output, input, kernel])?;
            let weight = weight.permute((2, 1, 0))?.contiguous()?;
            let silence = Tensor::zeros(output, DType::F32, tensors.device())?;
            let layer = StridedConvolution::new(&weight, &silence, (stride, 0), DType::F32)?;
            convolutions.push(layer);
            input = output;
        }
        let first = tensors.size("feature_extractor.conv_layers.0.conv.weight", 0)?;
        let vector = |part: &str| {
            let name = format!("feature_extractor.conv_layers.0.layer_norm.{part}");
            tensors.get(&name, &[first])
        };
        let projection = tensors.at("feature_projection");
        Ok(Self {
            convolutions,
            channel_norm: ((vector("weight")? - 1.0)?, vector("bias")?),
            norm: projection.norm("layer_norm", ["weight", "bias"], input)?,
            projection: projection.linear("projection", (input, width))?,
        })
    }

    /// `[sample, 1]` to `[frame, channel]`.
    pub(super) fn forward(&self, samples: &Tensor, trace: &mut Trace<'_>) -> Result<Tensor> {
        let mut rows = samples.clone();
        for (number, convolution) in self.convolutions.iter().enumerate() {
            rows = convolution.forward(&rows)?;
            if number == 0 {
                let (gamma, beta) = &self.channel_norm;
                let norm = Modulation::instance_norm(&rows, gamma, beta, NORM_EPSILON)?;
                rows = Activation::modulated(&norm, Curve::Identity).apply(&rows)?;
            }
            rows = gelu_erf(&rows)?;
            trace.show(|| format!("hub.conv{number}"), || Ok(rows.clone()))?;
        }
        let rows = self.projection.forward(&self.norm.forward(&rows)?)?;
        trace.show(|| "hub.proj".to_owned(), || Ok(rows.clone()))?;
        Ok(rows)
    }
}
