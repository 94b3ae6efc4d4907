//! Tables of tokens and of their positions, and what flows back into them.

use candle_core::{Result, Tensor};

use crate::batch::Sequences;
use crate::error;
use crate::gradients::Gradients;
use crate::parameters::Parameters;

/// Of texts or of codes.
pub(super) struct Embedding {
    /// `[tokens, channels]`
    tokens: (usize, Tensor),
    /// `[positions, channels]`
    positions: (usize, Tensor),
}

impl Embedding {
    /// `kind` is `text` or `mel`.
    pub(super) fn load(parameters: &Parameters, kind: &str) -> error::Result<Self> {
        let table = |name: String| parameters.untracked(&name);
        Ok(Self {
            tokens: table(format!("gpt.{kind}_embedding.weight"))?,
            positions: table(format!("gpt.{kind}_pos_embedding.emb.weight"))?,
        })
    }

    /// `[clip, time, channels]`; positions are counted from 0.
    pub(super) fn forward(&self, sequences: &Sequences) -> Result<Tensor> {
        let (clips, time) = (sequences.inputs.len(), sequences.time());
        let tokens = self.tokens.1.index_select(&self.ids(sequences)?, 0)?;
        let tokens = tokens.reshape((clips, time, tokens.dim(1)?))?;
        tokens.broadcast_add(&self.positions.1.narrow(0, 0, time)?)
    }

    /// `gradient` is `[clip, time, channels]`.
    pub(super) fn backward(
        &self,
        sequences: &Sequences,
        gradient: &Tensor,
        sums: &mut Gradients,
    ) -> Result<()> {
        let (clips, time, channels) = gradient.dims3()?;
        let rows = gradient.contiguous()?.reshape((clips * time, channels))?;
        let tokens = self.tokens.1.zeros_like()?;
        sums.add(
            self.tokens.0,
            tokens.index_add(&self.ids(sequences)?, &rows, 0)?,
        )?;
        let places: Vec<u32> = (0..clips).flat_map(|_| 0..time as u32).collect();
        let places = Tensor::from_vec(places, clips * time, gradient.device())?;
        let positions = self.positions.1.zeros_like()?;
        sums.add(self.positions.0, positions.index_add(&places, &rows, 0)?)
    }

    fn ids(&self, sequences: &Sequences) -> Result<Tensor> {
        let ids: Vec<u32> = sequences.inputs.iter().flatten().copied().collect();
        let count = ids.len();
        Tensor::from_vec(ids, count, self.tokens.1.device())
    }
}
