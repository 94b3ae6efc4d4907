//! A block of the GPT: attention, then a feed-forward network, each behind a norm and beside a bypass (Radford et al., 2019).
//!
//! The way back is written out and not left to candle's record of operations: what is kept of the way there is a third, gradients are
//! handed on as they come, and nothing depends on which operations of candle cut a record off.

use candle_core::{Result, Tensor};
use kiskadee_nn::gelu;

use super::attention::{Attention, Saved as AttentionSaved};
use super::dropout::{LayerDropout, Site};
use super::linear::{Linear, Precision, Stored};
use super::norm::Norm;
use crate::error;
use crate::gradients::Gradients;
use crate::kernels::gelu_backward;
use crate::parameters::Parameters;

pub(super) struct Block {
    attention_norm: Norm,
    attention_in: Linear,
    attention_out: Linear,
    feed_forward_norm: Norm,
    feed_forward_in: Linear,
    feed_forward_out: Linear,
}

/// What the way back needs of the way there; what follows from these without a product of matrices is made anew.
pub(super) struct Saved {
    input: Tensor,
    attention: AttentionSaved,
    gathered: Tensor,
    /// Between attention and feed-forward network.
    middle: Tensor,
    /// In front of the curve.
    inner: Tensor,
}

impl Block {
    pub(super) fn load(
        parameters: &Parameters,
        layer: usize,
        precision: Precision,
    ) -> error::Result<Self> {
        let name = |part: &str| format!("gpt.gpt.h.{layer}.{part}");
        let linear =
            |part: &str| Linear::load(parameters, &name(part), Stored::InputFirst, precision);
        Ok(Self {
            attention_norm: Norm::load(parameters, &name("ln_1"))?,
            attention_in: linear("attn.c_attn")?,
            attention_out: linear("attn.c_proj")?,
            feed_forward_norm: Norm::load(parameters, &name("ln_2"))?,
            feed_forward_in: linear("mlp.c_fc")?,
            feed_forward_out: linear("mlp.c_proj")?,
        })
    }

    /// Of rows `[batch * time, channels]`.
    pub(super) fn forward(
        &self,
        input: &Tensor,
        attention: &Attention,
        dropout: &LayerDropout<'_>,
    ) -> Result<(Tensor, Saved)> {
        let projected = self
            .attention_in
            .forward(&self.attention_norm.forward(input)?)?;
        let (gathered, saved) = attention.forward(&projected, dropout)?;
        let added = self.attention_out.forward(&gathered)?;
        let middle = (input + dropout.apply(added, Site::AttentionOutput)?)?;
        let inner = self
            .feed_forward_in
            .forward(&self.feed_forward_norm.forward(&middle)?)?;
        let added = self.feed_forward_out.forward(&gelu(&inner)?)?;
        let output = (&middle + dropout.apply(added, Site::FeedForward)?)?;
        let saved = Saved {
            input: input.clone(),
            attention: saved,
            gathered,
            middle,
            inner,
        };
        Ok((output, saved))
    }

    /// The gradient of the input, out of that of the output.
    pub(super) fn backward(
        &self,
        saved: Saved,
        gradient: &Tensor,
        attention: &Attention,
        dropout: &LayerDropout<'_>,
        sums: &mut Gradients,
    ) -> Result<Tensor> {
        let Saved {
            input,
            attention: saved,
            gathered,
            middle,
            inner,
        } = saved;
        let added = dropout.apply(gradient.clone(), Site::FeedForward)?;
        let of_curve = self
            .feed_forward_out
            .backward(&gelu(&inner)?, &added, sums)?;
        let of_inner = gelu_backward(&inner, &of_curve)?;
        drop((inner, of_curve));
        let normed = self.feed_forward_norm.forward(&middle)?;
        let of_normed = self.feed_forward_in.backward(&normed, &of_inner, sums)?;
        let of_middle = self.feed_forward_norm.backward(&middle, &of_normed, sums)?;
        let of_middle = (gradient + of_middle)?;
        let added = dropout.apply(of_middle.clone(), Site::AttentionOutput)?;
        let of_gathered = self.attention_out.backward(&gathered, &added, sums)?;
        let of_projected = attention.backward(&saved, &of_gathered, dropout)?;
        let normed = self.attention_norm.forward(&input)?;
        let of_normed = self.attention_in.backward(&normed, &of_projected, sums)?;
        let of_input = self.attention_norm.backward(&input, &of_normed, sums)?;
        of_middle + of_input
    }
}
