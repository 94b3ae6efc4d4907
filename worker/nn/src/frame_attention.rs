//! Attention of frames over each other.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};

use crate::kernels::frame_attention::attend_frames;
use crate::self_attention::composed;
use crate::slice::f32_slice;

/// What [`self_attention`](crate::self_attention) gives without relative positions, made for hundreds of times and more: its sums run in
/// another order.
pub fn frame_attention(projected: &Tensor, heads: usize) -> Result<Tensor> {
    let width = projected.dim(1)?;
    if heads == 0 || !width.is_multiple_of(3 * heads) {
        bail!("{width} channels do not go into {heads} heads of queries, keys and values");
    }
    if !projected.device().is_cpu() {
        return composed(projected, heads, None);
    }
    let kernel = Kernel {
        heads,
        dim: width / 3 / heads,
    };
    projected.contiguous()?.apply_op1_no_bwd(&kernel)
}

struct Kernel {
    heads: usize,
    dim: usize,
}

impl CustomOp1 for Kernel {
    fn name(&self) -> &'static str {
        "frame-attention"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let times = layout.shape().dims2()?.0;
        let output = attend_frames(f32_slice(storage, layout)?, self.heads, self.dim);
        Ok((
            CpuStorage::F32(output),
            (times, self.heads * self.dim).into(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device};

    use super::*;
    use crate::difference::assert_near;

    #[test]
    fn the_kernel_gives_what_the_composed_form_gives() {
        for (times, heads, dim) in [(1, 1, 5), (97, 2, 96), (300, 6, 16)] {
            let shape = (times, 3 * heads * dim);
            let projected = Tensor::rand(-1.0_f32, 1.0, shape, &Device::Cpu).unwrap();
            assert_near(
                &frame_attention(&projected, heads).unwrap(),
                &composed(&projected, heads, None).unwrap(),
                1e-5,
            );
        }
    }

    #[test]
    fn sizes_that_do_not_fit_are_refused() {
        let projected = Tensor::zeros((2, 30), DType::F32, &Device::Cpu).unwrap();
        assert!(frame_attention(&projected, 4).is_err());
    }
}
