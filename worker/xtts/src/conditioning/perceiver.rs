//! The perceiver resampler: 32 learned latents that gather what a sequence of any length tells.

use candle_core::{D, Tensor};
use candle_nn::{Linear, Module};

use super::attention::attend;
use super::voice::LATENTS;
use crate::error::Result;
use crate::parameters::{ParameterSource, Trace, linear};

const LAYERS: usize = 2;
const HEADS: usize = 8;
const HEAD_SIZE: usize = 64;

/// Makes the latents of a voice out of the conditioning encoder's features. Gradients flow through it.
pub struct Perceiver {
    /// `[latents, channels]`
    latents: Tensor,
    layers: Vec<(CrossAttention, FeedForward)>,
    scale: Tensor,
}

impl Perceiver {
    /// `prefix` is what the parameters' names begin with, as in `gpt.conditioning_perceiver`.
    pub fn load(source: &dyn ParameterSource, prefix: &str, channels: usize) -> Result<Self> {
        let layer = |i| {
            let part = |part: usize| format!("{prefix}.layers.{i}.{part}");
            let attention = CrossAttention::load(source, &part(0), channels)?;
            Ok((attention, FeedForward::load(source, &part(1), channels)?))
        };
        Ok(Self {
            latents: source.parameter(&format!("{prefix}.latents"), &[LATENTS, channels])?,
            layers: (0..LAYERS).map(layer).collect::<Result<_>>()?,
            scale: source.parameter(&format!("{prefix}.norm.gamma"), &[channels])?,
        })
    }

    /// `[batch, latents, channels]` of features `[batch, time, channels]`.
    pub fn forward(&self, features: &Tensor, trace: &mut Trace<'_>) -> Result<Tensor> {
        let batch = features.dim(0)?;
        let mut latents = self.latents.broadcast_left(batch)?.contiguous()?;
        for (i, (attention, feed_forward)) in self.layers.iter().enumerate() {
            let gathered = attention.forward(&latents, features)?;
            trace.show(format!("cond.perc.{i}.attn"), || Ok(gathered.clone()))?;
            latents = (latents + gathered)?;
            let changed = feed_forward.forward(&latents)?;
            trace.show(format!("cond.perc.{i}.ff"), || Ok(changed.clone()))?;
            latents = (latents + changed)?;
        }
        self.normalize(&latents)
    }

    /// To the length of a vector of ones, scaled channel by channel.
    fn normalize(&self, latents: &Tensor) -> Result<Tensor> {
        let length = latents.sqr()?.sum_keepdim(D::Minus1)?.sqrt()?;
        let channels = latents.dim(D::Minus1)? as f64;
        let unit = latents.broadcast_div(&length.maximum(1e-12)?)?;
        Ok((unit * channels.sqrt())?.broadcast_mul(&self.scale)?)
    }
}

/// The latents look at themselves and at the features.
struct CrossAttention {
    queries: Linear,
    /// The keys, then the values.
    context: Linear,
    output: Linear,
}

impl CrossAttention {
    fn load(source: &dyn ParameterSource, prefix: &str, channels: usize) -> Result<Self> {
        let inner = HEADS * HEAD_SIZE;
        let part = |name, sizes| linear(source, &format!("{prefix}.{name}"), sizes, false);
        Ok(Self {
            queries: part("to_q", (inner, channels))?,
            context: part("to_kv", (2 * inner, channels))?,
            output: part("to_out", (channels, inner))?,
        })
    }

    fn forward(&self, latents: &Tensor, features: &Tensor) -> Result<Tensor> {
        let queries = by_head(&self.queries.forward(latents)?)?;
        let seen = Tensor::cat(&[latents, features], 1)?;
        let context = self.context.forward(&seen)?.chunk(2, D::Minus1)?;
        let gathered = attend(&queries, &by_head(&context[0])?, &by_head(&context[1])?)?;
        let gathered = gathered.transpose(1, 2)?.flatten_from(2)?;
        Ok(self.output.forward(&gathered)?)
    }
}

/// `[batch, heads, time, size]` of `[batch, time, heads * size]`.
fn by_head(sequence: &Tensor) -> candle_core::Result<Tensor> {
    let (batch, time, _) = sequence.dims3()?;
    let heads = sequence.reshape((batch, time, HEADS, HEAD_SIZE))?;
    heads.transpose(1, 2)?.contiguous()
}

/// A gated feed-forward network (GEGLU; Shazeer, 2020).
struct FeedForward {
    /// The values, then their gates.
    inner: Linear,
    output: Linear,
}

impl FeedForward {
    fn load(source: &dyn ParameterSource, prefix: &str, channels: usize) -> Result<Self> {
        let width = channels * 8 / 3;
        let part = |i: usize, sizes| linear(source, &format!("{prefix}.{i}"), sizes, true);
        Ok(Self {
            inner: part(0, (2 * width, channels))?,
            output: part(2, (channels, width))?,
        })
    }

    fn forward(&self, latents: &Tensor) -> Result<Tensor> {
        let parts = self.inner.forward(latents)?.chunk(2, D::Minus1)?;
        let gated = (&parts[0] * parts[1].gelu_erf()?)?;
        Ok(self.output.forward(&gated)?)
    }
}
