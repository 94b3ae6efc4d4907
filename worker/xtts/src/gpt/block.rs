//! One block: attention and a feed-forward part, each behind a norm and beside a shortcut.

use candle_core::Tensor;
use candle_nn::{LayerNorm, Module as _};
use kiskadee_nn::{Linear, gelu};

use super::{attention::Attention, cache::KvCache};
use crate::error::Result;

pub(super) struct Block {
    pub(super) attention_norm: LayerNorm,
    /// To queries, keys and values side by side.
    pub(super) attention_in: Linear,
    pub(super) attention_out: Linear,
    pub(super) feed_forward_norm: LayerNorm,
    pub(super) feed_forward_in: Linear,
    pub(super) feed_forward_out: Linear,
}

impl Block {
    /// `[row * time, channels]`
    pub(super) fn forward(
        &self,
        input: &Tensor,
        cache: &KvCache,
        layer: usize,
        attention: &Attention<'_>,
    ) -> Result<Tensor> {
        let projected = self.attention_norm.forward(input)?;
        let projected = self.attention_in.forward(&projected)?;
        let attended = attention.apply(&projected, cache, layer)?;
        let rows = (input + self.attention_out.forward(&attended)?)?;
        let hidden = self.feed_forward_norm.forward(&rows)?;
        let hidden = gelu(&self.feed_forward_in.forward(&hidden)?)?;
        Ok((rows + self.feed_forward_out.forward(&hidden)?)?)
    }
}
