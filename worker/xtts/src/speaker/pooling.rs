//! One vector out of a sound of any length: means and deviations over the time, weighted by attention (Okabe et al., 2018).

use candle_core::{D, Device, Tensor};
use candle_nn::{Linear, Module};
use kiskadee_checkpoint::Weights;

use super::batch_norm::BatchNorm;
use super::feature_map::FeatureMap;
use crate::error::{Result, XttsError};
use crate::parameters::{ParameterSource, Trace};

/// Outputs of the attention's first layer.
const MIDDLE: usize = 128;
/// The least variance.
const FLOOR: f64 = 1e-5;

pub(super) struct Pooling {
    inner: Linear,
    factors: Tensor,
    summands: Tensor,
    outer: Linear,
    output: Linear,
}

impl Pooling {
    /// For maps of `features` bands and channels together.
    pub(super) fn load(
        weights: &Weights,
        prefix: &str,
        features: usize,
        embedding: usize,
    ) -> Result<Self> {
        let layer = |name: &str, outputs: usize, inputs: &[usize]| -> Result<Linear> {
            let part = |part: &str, shape: &[usize]| {
                let tensor = weights.parameter(&format!("{prefix}.{name}.{part}"), shape)?;
                Ok::<_, XttsError>(tensor.to_device(&Device::Cpu)?)
            };
            let weight = part("weight", &[&[outputs], inputs].concat())?.flatten_from(1)?;
            Ok(Linear::new(weight, Some(part("bias", &[outputs])?)))
        };
        let norm = BatchNorm::load(weights, &format!("{prefix}.attention.2"), MIDDLE)?;
        Ok(Self {
            inner: layer("attention.0", MIDDLE, &[features, 1])?,
            factors: Tensor::new(norm.factors, &Device::Cpu)?,
            summands: Tensor::new(norm.summands, &Device::Cpu)?,
            outer: layer("attention.3", features, &[MIDDLE, 1])?,
            output: layer("fc", embedding, &[2 * features])?,
        })
    }

    /// The embedding, of length 1.
    pub(super) fn forward(&self, map: &FeatureMap, trace: &mut Trace<'_>) -> Result<Vec<f32>> {
        let features = by_time(map)?;
        let middle = self.inner.forward(&features)?.relu()?;
        let middle = middle
            .broadcast_mul(&self.factors)?
            .broadcast_add(&self.summands)?;
        // A row for each feature, for a reduction of the last dimension is the fast one.
        let features = features.t()?.contiguous()?;
        let scores = self.outer.forward(&middle)?.t()?.contiguous()?;
        let weights = candle_nn::ops::softmax_last_dim(&scores)?;
        trace.show("spk.asp_weights", || weights.unsqueeze(0))?;
        let weighted = (&features * &weights)?;
        let mean = weighted.sum(D::Minus1)?;
        let square = (weighted * features)?.sum(D::Minus1)?;
        let deviation = (square - mean.sqr()?)?.maximum(FLOOR)?.sqrt()?;
        let pooled = Tensor::cat(&[mean, deviation], 0)?.unsqueeze(0)?;
        let embedding = self.output.forward(&pooled)?;
        trace.show("spk.fc", || Ok(embedding.clone()))?;
        let length = embedding.sqr()?.sum_all()?.sqrt()?.maximum(1e-12)?;
        let unit = embedding.squeeze(0)?.broadcast_div(&length)?;
        trace.show("spk.embedding", || unit.reshape((1, (), 1)))?;
        Ok(unit.to_vec1()?)
    }
}

/// `[frames, channels * bands]`: the bands of one channel stand side by side.
fn by_time(map: &FeatureMap) -> candle_core::Result<Tensor> {
    let shape = (map.bands, map.frames, map.channels);
    let values = Tensor::from_slice(&map.values, shape, &Device::Cpu)?;
    values
        .permute((1, 2, 0))?
        .reshape((map.frames, map.channels * map.bands))
}
