//! The conditioning encoder: six blocks of attention over a mel spectrogram.

use candle_core::{D, Tensor};
use candle_nn::{Linear, Module};

use super::attention::attend;
use crate::error::Result;
use crate::mel::MEL_BANDS;
use crate::parameters::{ParameterSource, Trace, pointwise};

const BLOCKS: usize = 6;
const EPSILON: f64 = 1e-5;

/// Makes a sequence of features out of a mel spectrogram. Gradients flow through it.
pub struct ConditioningEncoder {
    initial: Linear,
    blocks: Vec<AttentionBlock>,
}

impl ConditioningEncoder {
    /// `prefix` is what the parameters' names begin with, as in `gpt.conditioning_encoder`.
    pub fn load(
        source: &dyn ParameterSource,
        prefix: &str,
        channels: usize,
        heads: usize,
    ) -> Result<Self> {
        let initial = pointwise(source, &format!("{prefix}.init"), (channels, MEL_BANDS))?;
        let block =
            |i| AttentionBlock::load(source, &format!("{prefix}.attn.{i}"), channels, heads);
        let blocks = (0..BLOCKS).map(block).collect::<Result<_>>()?;
        Ok(Self { initial, blocks })
    }

    /// `[batch, time, channels]` of a spectrogram `[batch, time, bands]`.
    pub fn forward(&self, mel: &Tensor, trace: &mut Trace<'_>) -> Result<Tensor> {
        let mut features = self.initial.forward(mel)?;
        trace.show("cond.enc.init", || features.transpose(1, 2))?;
        for (i, block) in self.blocks.iter().enumerate() {
            features = block.forward(&features)?;
            trace.show(format!("cond.enc.attn{i}"), || features.transpose(1, 2))?;
        }
        Ok(features)
    }
}

struct AttentionBlock {
    norm: GroupNorm,
    projection: Linear,
    output: Linear,
    heads: usize,
}

impl AttentionBlock {
    fn load(
        source: &dyn ParameterSource,
        prefix: &str,
        channels: usize,
        heads: usize,
    ) -> Result<Self> {
        Ok(Self {
            norm: GroupNorm::load(source, &format!("{prefix}.norm"), channels)?,
            projection: pointwise(source, &format!("{prefix}.qkv"), (3 * channels, channels))?,
            output: pointwise(source, &format!("{prefix}.proj_out"), (channels, channels))?,
            heads,
        })
    }

    /// Adds to the normalised input, not to the input itself: so XTTS was trained.
    fn forward(&self, features: &Tensor) -> Result<Tensor> {
        let normed = self.norm.forward(features)?;
        let (batch, time, channels) = normed.dims3()?;
        // A head's queries, keys and values stand side by side.
        let projected = self.projection.forward(&normed)?;
        let projected = projected.reshape((batch, time, self.heads, 3, channels / self.heads))?;
        let part = |i| -> candle_core::Result<Tensor> {
            let part = projected.narrow(3, i, 1)?.squeeze(3)?;
            part.transpose(1, 2)?.contiguous()
        };
        let gathered = attend(&part(0)?, &part(1)?, &part(2)?)?;
        let gathered = gathered.transpose(1, 2)?.reshape((batch, time, channels))?;
        Ok((normed + self.output.forward(&gathered)?)?)
    }
}

/// Normalises groups of channels over all of the time.
struct GroupNorm {
    scale: Tensor,
    shift: Tensor,
    groups: usize,
}

impl GroupNorm {
    fn load(source: &dyn ParameterSource, prefix: &str, channels: usize) -> Result<Self> {
        Ok(Self {
            scale: source.parameter(&format!("{prefix}.weight"), &[channels])?,
            shift: source.parameter(&format!("{prefix}.bias"), &[channels])?,
            groups: groups(channels),
        })
    }

    fn forward(&self, features: &Tensor) -> Result<Tensor> {
        let centred = features.broadcast_sub(&self.mean(features)?)?;
        let variance = self.mean(&centred.sqr()?)?;
        let factor = (variance + EPSILON)?.sqrt()?.recip()?;
        let normed = centred.broadcast_mul(&factor.broadcast_mul(&self.scale)?)?;
        Ok(normed.broadcast_add(&self.shift)?)
    }

    /// `[batch, 1, channels]`, where all channels of a group have its mean. The sum over the time is a product of matrices, for
    /// that is many times as fast as a reduction of a middle dimension.
    fn mean(&self, features: &Tensor) -> Result<Tensor> {
        let (batch, time, channels) = features.dims3()?;
        let ones = Tensor::ones((batch, 1, time), features.dtype(), features.device())?;
        let grouped = (batch, self.groups, channels / self.groups);
        let sums = ones.matmul(features)?.reshape(grouped)?;
        let means = (sums.mean_keepdim(D::Minus1)? / time as f64)?;
        Ok(means.broadcast_as(grouped)?.reshape((batch, 1, channels))?)
    }
}

/// As many groups as tortoise chooses for a number of channels.
fn groups(channels: usize) -> usize {
    let mut groups = match channels {
        0..=16 => 8,
        17..=64 => 16,
        _ => 32,
    };
    while !channels.is_multiple_of(groups) {
        groups /= 2;
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_divide_the_channels() {
        let chosen = [16, 48, 64, 1_024, 80, 20, 7].map(groups);
        assert_eq!(chosen, [8, 16, 16, 32, 16, 4, 1]);
    }
}
