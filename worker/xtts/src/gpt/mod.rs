//! The GPT: text tokens and conditioning latents to audio codes, and the hidden states that the vocoder makes sound of.
//!
//! A GPT-2 without position embeddings of its own (Radford et al., 2019); positions are counted apart for text and for codes, and the
//! latents have none. The hidden states behind the final norm are both what the codes are drawn from and what is decoded, so one
//! pass gives all.

mod attention;
mod block;
mod cache;
mod embedding;
mod quantization;
mod weights;

use candle_core::{DType, Device, Tensor};
use candle_nn::{LayerNorm, Module as _};
use kiskadee_nn::Linear;

pub(crate) use self::cache::{KvCache, Placement};
use self::{attention::Attention, block::Block, embedding::Embeddings};
use crate::{error::Result, parameters::Trace};

pub(crate) use self::{quantization::quantize_gpt, weights::Matrices};

/// The network.
pub(crate) struct Gpt {
    blocks: Vec<Block>,
    last_norm: LayerNorm,
    final_norm: LayerNorm,
    code_head: Linear,
    embeddings: Embeddings,
    sizes: Sizes,
}

/// What callers need to know of the network.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) layers: usize,
    pub(crate) channels: usize,
    pub(crate) heads: usize,
    /// Codes that can be drawn, start and stop among them.
    pub(crate) codes: usize,
    pub(crate) start_code: u32,
    pub(crate) stop_code: u32,
    /// The most text tokens, start and stop among them.
    pub(crate) text_positions: usize,
    /// The most codes of one utterance.
    pub(crate) max_codes: usize,
}

impl Gpt {
    pub(crate) fn sizes(&self) -> Sizes {
        self.sizes
    }

    pub(crate) fn device(&self) -> &Device {
        self.embeddings.device()
    }

    pub(crate) fn dtype(&self) -> DType {
        self.embeddings.dtype()
    }

    /// A cache for so many rows of so many positions.
    pub(crate) fn cache(&self, rows: usize, capacity: usize) -> Result<KvCache> {
        let Sizes {
            layers,
            channels,
            heads,
            ..
        } = self.sizes;
        let dim = channels / heads;
        KvCache::new(
            layers,
            [rows, heads, capacity, dim],
            self.dtype(),
            self.device(),
        )
    }

    /// Text tokens between the start and stop tokens, as `[tokens + 2, channels]`.
    pub(crate) fn embed_text(&self, tokens: &[u32]) -> Result<Tensor> {
        self.embeddings.text(tokens)
    }

    /// Codes at their positions, counted from the start code, as `[codes, channels]`.
    pub(crate) fn embed_codes(&self, codes: &[u32], positions: &[u32]) -> Result<Tensor> {
        self.embeddings.codes(codes, positions)
    }

    /// Runs rows `[row * time, channels]` through all blocks, where they are written into the cache, and gives the outputs of the last
    /// block.
    pub(crate) fn forward(
        &self,
        input: &Tensor,
        cache: &KvCache,
        placement: &Placement,
        trace: &mut Trace<'_>,
    ) -> Result<Tensor> {
        let attention = Attention::new(placement, self.sizes.heads, self.dtype(), self.device())?;
        let mut rows = input.clone();
        for (layer, block) in self.blocks.iter().enumerate() {
            rows = block.forward(&rows, cache, layer, &attention)?;
            trace.show(format!("gpt.block{layer}"), || rows.unsqueeze(0))?;
        }
        Ok(rows)
    }

    /// The states that are decoded and that codes are drawn from: two norms behind the last block, the second of which is XTTS' own.
    pub(crate) fn states(&self, output: &Tensor, trace: &mut Trace<'_>) -> Result<Tensor> {
        let rows = self.last_norm.forward(output)?;
        trace.show("gpt.ln_f", || rows.unsqueeze(0))?;
        let rows = self.final_norm.forward(&rows)?;
        trace.show("gpt.final_norm", || rows.unsqueeze(0))?;
        Ok(rows)
    }

    /// Scores of the next code `[rows, codes]` in f32.
    pub(crate) fn logits(&self, states: &Tensor) -> Result<Tensor> {
        Ok(self.code_head.forward(states)?.to_dtype(DType::F32)?)
    }
}
