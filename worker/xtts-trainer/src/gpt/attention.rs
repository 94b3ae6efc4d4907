//! Attention of many heads under a mask, and what flows back through it.

use candle_core::{Device, Result, Tensor};

use super::dropout::{LayerDropout, Site};
use crate::kernels::softmax_backward;

/// How the rows of a batch lie, and what each of them may see.
pub(super) struct Attention {
    pub(super) batch: usize,
    pub(super) time: usize,
    pub(super) heads: usize,
    /// `[batch, 1, time, time]`: 0 where a position (third) sees another (fourth), else minus infinity.
    mask: Tensor,
}

/// What the way back needs. All are `[batch, head, time, ..]`.
pub(super) struct Saved {
    /// Scaled.
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    /// Before dropout.
    shares: Tensor,
}

impl Attention {
    /// Every position sees those up to itself, but for those that are padding, which `is_kept[batch][time]` tells.
    pub(super) fn new(is_kept: &[Vec<bool>], heads: usize, device: &Device) -> Result<Self> {
        let (batch, time) = (is_kept.len(), is_kept.first().map_or(0, Vec::len));
        let mut mask = vec![f32::NEG_INFINITY; batch * time * time];
        for (matrix, is_kept) in mask.chunks_exact_mut(time * time).zip(is_kept) {
            for (position, row) in matrix.chunks_exact_mut(time).enumerate() {
                for (value, is_kept) in row.iter_mut().zip(is_kept).take(position + 1) {
                    *value = if *is_kept { 0.0 } else { f32::NEG_INFINITY };
                }
            }
        }
        Ok(Self {
            batch,
            time,
            heads,
            mask: Tensor::from_vec(mask, (batch, 1, time, time), device)?,
        })
    }

    /// `[rows, channels]` of queries, keys and values `[rows, 3 * channels]`.
    pub(super) fn forward(
        &self,
        projected: &Tensor,
        dropout: &LayerDropout<'_>,
    ) -> Result<(Tensor, Saved)> {
        let channels = projected.dim(1)? / 3;
        let part = |i: usize| self.by_head(&projected.narrow(1, i * channels, channels)?);
        let scale = self.scale(channels);
        let (queries, keys, values) = ((part(0)? * scale)?, part(1)?, part(2)?);
        let scores = queries.matmul(&keys.t()?)?.broadcast_add(&self.mask)?;
        let shares = candle_nn::ops::softmax_last_dim(&scores)?;
        drop(scores);
        let gathered = dropout
            .apply(shares.clone(), Site::Attention)?
            .matmul(&values)?;
        let saved = Saved {
            queries,
            keys,
            values,
            shares,
        };
        Ok((self.by_row(&gathered)?, saved))
    }

    /// The gradient of the projection, out of that of what was gathered.
    pub(super) fn backward(
        &self,
        saved: &Saved,
        gradient: &Tensor,
        dropout: &LayerDropout<'_>,
    ) -> Result<Tensor> {
        let scale = self.scale(gradient.dim(1)?);
        let gradient = self.by_head(gradient)?;
        let kept = dropout.apply(saved.shares.clone(), Site::Attention)?;
        let of_values = kept.t()?.matmul(&gradient)?;
        drop(kept);
        let of_shares = gradient.matmul(&saved.values.t()?)?;
        let of_shares = dropout.apply(of_shares, Site::Attention)?;
        let of_scores = softmax_backward(&saved.shares, &of_shares)?;
        let of_queries = (of_scores.matmul(&saved.keys)? * scale)?;
        let of_keys = of_scores.t()?.matmul(&saved.queries)?;
        let parts = [of_queries, of_keys, of_values];
        let parts: Vec<Tensor> = parts
            .iter()
            .map(|part| self.by_row(part))
            .collect::<Result<_>>()?;
        Tensor::cat(&parts, 1)
    }

    fn scale(&self, channels: usize) -> f64 {
        1.0 / ((channels / self.heads) as f64).sqrt()
    }

    /// `[batch, head, time, size]` of rows `[batch * time, channels]`.
    fn by_head(&self, rows: &Tensor) -> Result<Tensor> {
        let size = rows.dim(1)? / self.heads;
        let heads = rows.reshape((self.batch, self.time, self.heads, size))?;
        heads.transpose(1, 2)?.contiguous()
    }

    fn by_row(&self, heads: &Tensor) -> Result<Tensor> {
        let channels = self.heads * heads.dim(3)?;
        let rows = heads.transpose(1, 2)?.contiguous()?;
        rows.reshape((self.batch * self.time, channels))
    }
}
