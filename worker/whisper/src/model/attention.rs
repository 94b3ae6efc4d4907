//! Attention of the decoder's rows over keys and values that are kept.

use candle_core::{CpuStorage, CustomOp3, D, Layout, Shape, Tensor};
use kiskadee_nn::{
    f32_slice,
    kernels::attention::{Cached, Span, attend},
};

use crate::error::Result;

/// Keys and values `[row, head, time, dim]`.
pub(super) struct Kept {
    pub(super) keys: Tensor,
    pub(super) values: Tensor,
}

impl Kept {
    pub(super) fn empty(shape: [usize; 4], device: &candle_core::Device) -> Result<Self> {
        let zeros = || Tensor::zeros(&shape, candle_core::DType::F32, device);
        Ok(Self {
            keys: zeros()?,
            values: zeros()?,
        })
    }

    /// Keys and values of all frames, `[time, channels]` each, for whoever asks.
    pub(super) fn of_frames(keys: &Tensor, values: &Tensor, heads: usize) -> Result<Self> {
        let by_head = |part: &Tensor| by_head(part, 1, heads)?.contiguous();
        Ok(Self {
            keys: by_head(keys)?,
            values: by_head(values)?,
        })
    }

    /// Writes `[row * time, channels]` from a time on.
    pub(super) fn write(&self, keys: &Tensor, values: &Tensor, at: usize) -> Result<()> {
        let (rows, heads, _, _) = self.keys.dims4()?;
        for (all, part) in [(&self.keys, keys), (&self.values, values)] {
            all.slice_set(&by_head(part, rows, heads)?.contiguous()?, 2, at)?;
        }
        Ok(())
    }

    /// Queries `[row * time, channels]`, the first `known + 1` times seen by the first time of a row and one more by each further one.
    pub(super) fn attend_causally(&self, queries: &Tensor, known: usize) -> Result<Tensor> {
        let rows = self.keys.dim(0)?;
        let times = queries.dim(0)? / rows;
        let span = |row, time| Span {
            row,
            start: 0,
            end: known + time + 1,
        };
        let spans = (0..rows).flat_map(|row| (0..times).map(move |time| span(row, time)));
        self.attend(queries, spans.collect(), rows, known + times)
    }

    /// Queries `[query, channels]` that all look at all times.
    pub(super) fn attend_to_all(&self, queries: &Tensor) -> Result<Tensor> {
        let times = self.keys.dim(2)?;
        let span = Span {
            row: 0,
            start: 0,
            end: times,
        };
        self.attend(queries, vec![span; queries.dim(0)?], 1, times)
    }

    /// `times` is the end of the longest span.
    fn attend(
        &self,
        queries: &Tensor,
        spans: Vec<Span>,
        rows: usize,
        times: usize,
    ) -> Result<Tensor> {
        if !queries.device().is_cpu() {
            return self.composed(queries, &spans, rows, times);
        }
        let queries = queries.contiguous()?;
        Ok(queries.apply_op3_no_bwd(&self.keys, &self.values, &Kernel(spans))?)
    }

    fn composed(
        &self,
        queries: &Tensor,
        spans: &[Span],
        rows: usize,
        times: usize,
    ) -> Result<Tensor> {
        let (_, heads, _, dim) = self.keys.dims4()?;
        let part = |all: &Tensor| all.narrow(2, 0, times)?.contiguous();
        let queries = by_head(queries, rows, heads)?.contiguous()?;
        let asked = queries.dim(2)?;
        let scores = (queries.matmul(&part(&self.keys)?.t()?)? / (dim as f64).sqrt())?;
        let seen = |span: &Span| {
            let end = span.end;
            (0..times).map(move |time| if time < end { 0.0 } else { f32::NEG_INFINITY })
        };
        let mask: Vec<f32> = spans.iter().flat_map(seen).collect();
        let mask = Tensor::from_vec(mask, (rows, 1, asked, times), scores.device())?;
        let scores = scores.broadcast_add(&mask)?;
        let shares = scores
            .broadcast_sub(&scores.max_keepdim(D::Minus1)?)?
            .exp()?;
        let shares = shares.broadcast_div(&shares.sum_keepdim(D::Minus1)?)?;
        let attended = shares.matmul(&part(&self.values)?)?.transpose(1, 2)?;
        Ok(attended.reshape((rows * asked, heads * dim))?)
    }
}

/// `[row * time, channels]` to `[row, head, time, dim]`.
fn by_head(part: &Tensor, rows: usize, heads: usize) -> candle_core::Result<Tensor> {
    let (all, channels) = part.dims2()?;
    part.reshape((rows, all / rows, heads, channels / heads))?
        .transpose(1, 2)
}

/// What each query looks at.
struct Kernel(Vec<Span>);

impl CustomOp3 for Kernel {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(
        &self,
        queries: &CpuStorage,
        queries_layout: &Layout,
        keys: &CpuStorage,
        keys_layout: &Layout,
        values: &CpuStorage,
        values_layout: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        let (_, heads, capacity, dim) = keys_layout.shape().dims4()?;
        let cached = Cached {
            keys: f32_slice(keys, keys_layout)?,
            values: f32_slice(values, values_layout)?,
            heads,
            capacity,
            dim,
        };
        let queries = f32_slice(queries, queries_layout)?;
        let output = attend(queries, heads * dim, cached, &self.0);
        let shape = (self.0.len(), heads * dim);
        Ok((CpuStorage::F32(output), shape.into()))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;
    use kiskadee_nn::relative_difference;

    use super::*;

    /// Both ways on the CPU, for several rows and for several times of one.
    #[test]
    fn the_kernel_gives_what_the_composed_form_gives() {
        let random = |shape: &[usize]| Tensor::rand(-1.0_f32, 1.0, shape, &Device::Cpu).unwrap();
        for (rows, times, known) in [(3, 1, 5), (1, 6, 0), (2, 3, 4)] {
            let kept = Kept {
                keys: random(&[rows, 4, 16, 8]),
                values: random(&[rows, 4, 16, 8]),
            };
            let queries = random(&[rows * times, 32]);
            let span = |number: usize| Span {
                row: number / times,
                start: 0,
                end: known + number % times + 1,
            };
            let spans: Vec<Span> = (0..rows * times).map(span).collect();
            let composed = kept.composed(&queries, &spans, rows, known + times);
            let found = kept.attend_causally(&queries, known).unwrap();
            assert!(relative_difference(&found, &composed.unwrap()).unwrap() <= 1e-5);
        }
    }

    #[test]
    fn what_is_written_is_what_is_seen() {
        let kept = Kept::empty([1, 2, 4, 3], &Device::Cpu).unwrap();
        let random = |shape: &[usize]| Tensor::rand(-1.0_f32, 1.0, shape, &Device::Cpu).unwrap();
        let (keys, values, queries) = (random(&[4, 6]), random(&[4, 6]), random(&[1, 6]));
        for time in 0..4 {
            let row = |all: &Tensor| all.narrow(0, time, 1).unwrap();
            kept.write(&row(&keys), &row(&values), time).unwrap();
        }
        let whole = Kept::of_frames(&keys, &values, 2).unwrap();
        let found = kept.attend_causally(&queries, 3).unwrap();
        let expected = whole.attend_to_all(&queries).unwrap();
        assert!(relative_difference(&found, &expected).unwrap() <= 1e-6);
    }
}
