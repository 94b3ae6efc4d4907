//! Batch normalisation with the statistics of the training: a factor and a summand for each channel.

use kiskadee_checkpoint::Weights;

use crate::error::Result;

const EPSILON: f32 = 1e-5;

pub(super) struct BatchNorm {
    pub(super) factors: Vec<f32>,
    pub(super) summands: Vec<f32>,
}

impl BatchNorm {
    pub(super) fn load(weights: &Weights, prefix: &str, channels: usize) -> Result<Self> {
        let part = |name: &str| values(weights, &format!("{prefix}.{name}"), &[channels]);
        let (weight, bias) = (part("weight")?, part("bias")?);
        let (mean, variance) = (part("running_mean")?, part("running_var")?);
        let factors: Vec<f32> = weight
            .iter()
            .zip(&variance)
            .map(|(weight, variance)| weight / (variance + EPSILON).sqrt())
            .collect();
        let summands = bias
            .iter()
            .zip(mean.iter().zip(&factors))
            .map(|(bias, (mean, factor))| bias - mean * factor)
            .collect();
        Ok(Self { factors, summands })
    }
}

/// The values of a parameter, row by row.
pub(super) fn values(weights: &Weights, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
    Ok(weights.get(name, shape)?.flatten_all()?.to_vec1()?)
}
