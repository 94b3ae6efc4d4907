//! Causal attention of new rows over what a cache holds of their utterances.

use candle_core::{CpuStorage, CustomOp3, D, DType, Device, Layout, Shape, Tensor};
use kiskadee_nn::{
    f32_slice,
    kernels::attention::{Cached, Span, attend},
};

use super::cache::{KvCache, Placement};
use crate::error::Result;

/// The attention of one pass, the same in all layers.
pub(super) struct Attention<'a> {
    placement: &'a Placement,
    heads: usize,
    spans: Vec<Span>,
    /// Where the device is a GPU: 0 where a query may look and −∞ elsewhere, `[row, 1, time, key]` from the first key of any row on.
    mask: Option<Tensor>,
}

impl<'a> Attention<'a> {
    pub(super) fn new(
        placement: &'a Placement,
        heads: usize,
        dtype: DType,
        device: &Device,
    ) -> Result<Self> {
        let rows = placement.starts.iter().enumerate();
        let spans: Vec<Span> = rows
            .flat_map(|(row, start)| {
                (0..placement.times).map(move |time| Span {
                    row: placement.row + row,
                    start: *start,
                    end: placement.at + time + 1,
                })
            })
            .collect();
        let mask = (!device.is_cpu())
            .then(|| mask(placement, &spans, dtype, device))
            .transpose()?;
        Ok(Self {
            placement,
            heads,
            spans,
            mask,
        })
    }

    /// Of queries, keys and values `[row * time, 3 * channels]`: writes keys and values and gives `[row * time, channels]`.
    pub(super) fn apply(
        &self,
        projected: &Tensor,
        cache: &KvCache,
        layer: usize,
    ) -> Result<Tensor> {
        let channels = projected.dim(1)? / 3;
        let (rows, times) = (self.placement.starts.len(), self.placement.times);
        let by_head = |part: usize| {
            let part = projected.narrow(1, part * channels, channels)?;
            let part = part.reshape((rows, times, self.heads, channels / self.heads))?;
            part.transpose(1, 2)
        };
        cache.write(layer, &by_head(1)?, &by_head(2)?, self.placement)?;
        let (keys, values) = cache.layer(layer);
        match &self.mask {
            None => Ok(projected
                .contiguous()?
                .apply_op3_no_bwd(keys, values, self)?),
            Some(mask) => {
                let queries = by_head(0)?.contiguous()?;
                self.composed(&queries, keys, values, mask)
            }
        }
    }

    fn composed(
        &self,
        queries: &Tensor,
        keys: &Tensor,
        values: &Tensor,
        mask: &Tensor,
    ) -> Result<Tensor> {
        let (rows, heads, times, dim) = queries.dims4()?;
        let (first, count) = (first_key(self.placement), mask.dim(D::Minus1)?);
        let part = |all: &Tensor| {
            let all = all.narrow(0, self.placement.row, rows)?;
            all.narrow(2, first, count)?.contiguous()
        };
        let scores = (queries.matmul(&part(keys)?.t()?)? / (dim as f64).sqrt())?;
        let shares = candle_nn::ops::softmax_last_dim(&scores.broadcast_add(mask)?)?;
        let attended = shares.matmul(&part(values)?)?.transpose(1, 2)?;
        Ok(attended.reshape((rows * times, heads * dim))?)
    }
}

fn first_key(placement: &Placement) -> usize {
    placement.starts.iter().copied().min().unwrap_or(0)
}

fn mask(placement: &Placement, spans: &[Span], dtype: DType, device: &Device) -> Result<Tensor> {
    let keys = first_key(placement)..placement.at + placement.times;
    let row = |span: &Span| {
        let (start, end) = (span.start, span.end);
        let seen = move |key| {
            if (start..end).contains(&key) {
                0.0
            } else {
                f32::NEG_INFINITY
            }
        };
        keys.clone().map(seen)
    };
    let mask: Vec<f32> = spans.iter().flat_map(row).collect();
    let shape = (placement.starts.len(), 1, placement.times, keys.len());
    Ok(Tensor::from_vec(mask, shape, device)?.to_dtype(dtype)?)
}

impl CustomOp3 for Attention<'_> {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(
        &self,
        projected: &CpuStorage,
        projected_layout: &Layout,
        keys: &CpuStorage,
        keys_layout: &Layout,
        values: &CpuStorage,
        values_layout: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        let (_, width) = projected_layout.shape().dims2()?;
        let (_, heads, capacity, dim) = keys_layout.shape().dims4()?;
        let cached = Cached {
            keys: f32_slice(keys, keys_layout)?,
            values: f32_slice(values, values_layout)?,
            heads,
            capacity,
            dim,
        };
        let queries = f32_slice(projected, projected_layout)?;
        let output = attend(queries, width, cached, &self.spans);
        let shape = (self.spans.len(), heads * dim);
        Ok((CpuStorage::F32(output), shape.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiskadee_nn::relative_difference;

    /// Both ways on the CPU, for rows that begin at different times and for several times of one row.
    #[test]
    fn the_kernel_gives_what_the_composed_form_gives() {
        let (heads, dim, capacity) = (3, 8, 40);
        let random = |shape: &[usize]| Tensor::rand(-1.0_f32, 1.0, shape, &Device::Cpu).unwrap();
        for (times, starts) in [(1, vec![5, 0, 29]), (6, vec![3])] {
            let placement = Placement {
                row: 1,
                times,
                at: 30,
                starts,
            };
            let rows = placement.starts.len();
            let cache =
                KvCache::new(1, [4, heads, capacity, dim], DType::F32, &Device::Cpu).unwrap();
            let before = || random(&[4, heads, capacity, dim]);
            let all = Placement {
                row: 0,
                times: capacity,
                at: 0,
                starts: Vec::new(),
            };
            cache.write(0, &before(), &before(), &all).unwrap();
            let projected = random(&[rows * times, 3 * heads * dim]);
            let kernel = Attention::new(&placement, heads, DType::F32, &Device::Cpu).unwrap();
            let mask = mask(&placement, &kernel.spans, DType::F32, &Device::Cpu).unwrap();
            let composed = Attention {
                mask: Some(mask),
                spans: Vec::new(),
                ..kernel
            };
            let kernel = Attention::new(&placement, heads, DType::F32, &Device::Cpu).unwrap();
            let difference = relative_difference(
                &kernel.apply(&projected, &cache, 0).unwrap(),
                &composed.apply(&projected, &cache, 0).unwrap(),
            );
            assert!(difference.unwrap() <= 1e-5);
        }
    }
}
