//! Attention of a sequence over itself.

use candle_core::{CpuStorage, CustomOp1, CustomOp3, D, Layout, Result, Shape, Tensor, bail};

use crate::kernels::self_attention::{Relative, attend_to_all};
use crate::slice::f32_slice;

/// What is added to keys and values for distances from `-reach` to `reach`, `[2 * reach + 1, dim]` both.
#[derive(Clone)]
pub struct RelativePositions {
    pub keys: Tensor,
    pub values: Tensor,
}

/// Queries, keys and values side by side, `[time, 3 * channels]`, to `[time, channels]`. All positions look at all, with `heads` heads; scores are
/// divided by the root of a head's size. Its work and memory grow with the square of the time: for texts, not for frames.
pub fn self_attention(
    projected: &Tensor,
    heads: usize,
    relative: Option<&RelativePositions>,
) -> Result<Tensor> {
    let width = projected.dim(1)?;
    if heads == 0 || !width.is_multiple_of(3 * heads) {
        bail!("{width} channels do not go into {heads} heads of queries, keys and values");
    }
    let dim = width / 3 / heads;
    if let Some(RelativePositions { keys, values }) = relative {
        let fits = keys.dim(1)? == dim && keys.dim(0)? % 2 == 1 && keys.dims() == values.dims();
        if !fits {
            bail!("relative positions {:?} for heads of {dim}", keys.dims());
        }
    }
    if !projected.device().is_cpu() {
        return composed(projected, heads, relative);
    }
    let (kernel, projected) = (Kernel { heads, dim }, projected.contiguous()?);
    match relative {
        Some(RelativePositions { keys, values }) => {
            projected.apply_op3_no_bwd(&keys.contiguous()?, &values.contiguous()?, &kernel)
        }
        None => projected.apply_op1_no_bwd(&kernel),
    }
}

pub(crate) fn composed(
    projected: &Tensor,
    heads: usize,
    relative: Option<&RelativePositions>,
) -> Result<Tensor> {
    let (times, width) = projected.dims2()?;
    let channels = width / 3;
    let dim = channels / heads;
    let part = |part| {
        let part = projected.narrow(1, part * channels, channels)?;
        part.reshape((times, heads, dim))?
            .transpose(0, 1)?
            .contiguous()
    };
    let (queries, keys, values) = (part(0)?, part(1)?, part(2)?);
    let queries = (queries * (1.0 / (dim as f64).sqrt()))?;
    let scores = queries.matmul(&keys.t()?)?;
    let attended = match relative {
        None => softmax(&scores)?.matmul(&values)?,
        Some(relative) => {
            // What belongs to each query and key, `[query, key, dim]`, zeros beyond the reach.
            let spread = |table: &Tensor| spread(table, times);
            let by_query = queries.transpose(0, 1)?;
            let more = by_query.matmul(&spread(&relative.keys)?.t()?)?;
            let shares = softmax(&(scores + more.transpose(0, 1)?)?)?;
            let by_query = shares.transpose(0, 1)?.contiguous()?;
            let more = by_query.matmul(&spread(&relative.values)?)?;
            (shares.matmul(&values)? + more.transpose(0, 1)?)?
        }
    };
    attended.transpose(0, 1)?.reshape((times, channels))
}

fn softmax(scores: &Tensor) -> Result<Tensor> {
    let most = scores.max_keepdim(D::Minus1)?;
    let shares = scores.broadcast_sub(&most)?.exp()?;
    shares.broadcast_div(&shares.sum_keepdim(D::Minus1)?)
}

/// `[2 * reach + 1, dim]` to `[query, key, dim]`.
fn spread(table: &Tensor, times: usize) -> Result<Tensor> {
    let (distances, dim) = table.dims2()?;
    let padded = table.pad_with_zeros(0, 1, 0)?;
    let number = |query: usize, key: usize| {
        let place = (key + distances / 2).checked_sub(query);
        let place = place.filter(|place| *place < distances);
        place.map_or(0, |place| place as u32 + 1)
    };
    let numbers: Vec<u32> = (0..times)
        .flat_map(|query| (0..times).map(move |key| number(query, key)))
        .collect();
    let numbers = Tensor::from_vec(numbers, times * times, table.device())?;
    padded
        .index_select(&numbers, 0)?
        .reshape((times, times, dim))
}

struct Kernel {
    heads: usize,
    dim: usize,
}

impl Kernel {
    fn apply(
        &self,
        (storage, layout): (&CpuStorage, &Layout),
        relative: Option<Relative<'_>>,
    ) -> Result<(CpuStorage, Shape)> {
        let times = layout.shape().dims2()?.0;
        let projected = f32_slice(storage, layout)?;
        let output = attend_to_all(projected, self.heads, self.dim, relative);
        Ok((
            CpuStorage::F32(output),
            (times, self.heads * self.dim).into(),
        ))
    }
}

impl CustomOp1 for Kernel {
    fn name(&self) -> &'static str {
        "self-attention"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        self.apply((storage, layout), None)
    }
}

impl CustomOp3 for Kernel {
    fn name(&self) -> &'static str {
        "relative-self-attention"
    }

    fn cpu_fwd(
        &self,
        storage: &CpuStorage,
        layout: &Layout,
        keys: &CpuStorage,
        keys_layout: &Layout,
        values: &CpuStorage,
        values_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let relative = Relative {
            keys: f32_slice(keys, keys_layout)?,
            values: f32_slice(values, values_layout)?,
            reach: keys_layout.shape().dims2()?.0 / 2,
        };
        self.apply((storage, layout), Some(relative))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::difference::assert_near;

    #[test]
    fn the_kernel_gives_what_the_composed_form_gives() {
        let random = |shape: &[usize]| Tensor::rand(-1.0_f32, 1.0, shape, &Device::Cpu).unwrap();
        for (times, heads, dim) in [(1, 1, 5), (3, 2, 96), (57, 12, 16)] {
            let projected = random(&[times, 3 * heads * dim]);
            let positions = RelativePositions {
                keys: random(&[9, dim]),
                values: random(&[9, dim]),
            };
            for relative in [None, Some(&positions)] {
                assert_near(
                    &self_attention(&projected, heads, relative).unwrap(),
                    &composed(&projected, heads, relative).unwrap(),
                    1e-5,
                );
            }
        }
    }

    #[test]
    fn sizes_that_do_not_fit_are_refused() {
        let projected = Tensor::zeros((2, 30), candle_core::DType::F32, &Device::Cpu).unwrap();
        assert!(self_attention(&projected, 4, None).is_err());
        assert!(self_attention(&projected, 0, None).is_err());
    }
}
