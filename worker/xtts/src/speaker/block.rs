//! Residual blocks that weigh their channels by what is in all of the sound (squeeze and excitation; Hu et al., 2018).

use super::batch_norm::{BatchNorm, values};
use super::convolution::{Convolution, Size};
use super::feature_map::FeatureMap;
use kiskadee_checkpoint::Weights;

use crate::error::{Result, XttsError};

/// Channels for each one in the middle of the excitation.
const REDUCTION: usize = 8;

pub(super) struct Block {
    first: Convolution,
    second: Convolution,
    excitation: Excitation,
    /// Brings the input to the size of the output, where that is another.
    shortcut: Option<Convolution>,
}

impl Block {
    pub(super) fn load(
        weights: &Weights,
        prefix: &str,
        (input, output): (usize, usize),
        stride: usize,
    ) -> Result<Self> {
        let kernel = |name: &str, input, side| {
            let shape = [output, input, side, side];
            values(weights, &format!("{prefix}.{name}.weight"), &shape)
        };
        let norm = |name: &str| BatchNorm::load(weights, &format!("{prefix}.{name}"), output);
        let size = |input, side, stride| Size {
            input,
            output,
            side,
            stride,
        };
        let shortcut = (stride != 1 || input != output).then(|| {
            let (kernel, norm) = (kernel("downsample.0", input, 1)?, norm("downsample.1")?);
            let size = size(input, 1, stride);
            Ok::<_, XttsError>(Convolution::normalized(kernel, size, norm))
        });
        let first = kernel("conv1", input, 3)?;
        let second = kernel("conv2", output, 3)?;
        Ok(Self {
            first: Convolution::rectified(&first, size(input, 3, stride), None, norm("bn1")?),
            second: Convolution::normalized(second, size(output, 3, 1), norm("bn2")?),
            excitation: Excitation::load(weights, &format!("{prefix}.se.fc"), output)?,
            shortcut: shortcut.transpose()?,
        })
    }

    pub(super) fn forward(&self, input: &FeatureMap) -> FeatureMap {
        let mut output = self.second.apply(&self.first.apply(input));
        let gates = self.excitation.gates(&output.means());
        let shortcut = self.shortcut.as_ref().map(|shortcut| shortcut.apply(input));
        let residual = &shortcut.as_ref().unwrap_or(input).values;
        let places = output.values.chunks_exact_mut(gates.len());
        for (place, residual) in places.zip(residual.chunks_exact(gates.len())) {
            for ((value, gate), residual) in place.iter_mut().zip(&gates).zip(residual) {
                *value = (*value * gate + residual).max(0.0);
            }
        }
        output
    }
}

/// Two small layers that make a gate between 0 and 1 for each channel out of the means of all.
struct Excitation {
    squeeze: Layer,
    excite: Layer,
}

impl Excitation {
    fn load(weights: &Weights, prefix: &str, channels: usize) -> Result<Self> {
        let middle = channels / REDUCTION;
        Ok(Self {
            squeeze: Layer::load(weights, &format!("{prefix}.0"), (middle, channels))?,
            excite: Layer::load(weights, &format!("{prefix}.2"), (channels, middle))?,
        })
    }

    fn gates(&self, means: &[f32]) -> Vec<f32> {
        let middle = self.squeeze.apply(means, |value| value.max(0.0));
        self.excite
            .apply(&middle, |value| 1.0 / (1.0 + (-value).exp()))
    }
}

struct Layer {
    /// `[outputs, inputs]`
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Layer {
    fn load(weights: &Weights, name: &str, (outputs, inputs): (usize, usize)) -> Result<Self> {
        Ok(Self {
            weight: values(weights, &format!("{name}.weight"), &[outputs, inputs])?,
            bias: values(weights, &format!("{name}.bias"), &[outputs])?,
        })
    }

    fn apply(&self, input: &[f32], activation: fn(f32) -> f32) -> Vec<f32> {
        let rows = self.weight.chunks_exact(input.len());
        let sum = |row: &[f32]| row.iter().zip(input).map(|(w, x)| w * x).sum::<f32>();
        rows.zip(&self.bias)
            .map(|(row, bias)| activation(sum(row) + bias))
            .collect()
    }
}
