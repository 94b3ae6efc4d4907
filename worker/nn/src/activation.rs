//! The GPT's activation.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use crate::kernels::exponential;
use crate::slice::f32_slice;

/// The tanh approximation of the Gaussian error linear unit.
pub fn gelu(input: &Tensor) -> Result<Tensor> {
    if input.device().is_cpu() {
        input.contiguous()?.apply_op1_no_bwd(&Gelu)
    } else {
        input.gelu()
    }
}

struct Gelu;

impl CustomOp1 for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let output = exponential::gelu(f32_slice(storage, layout)?);
        Ok((CpuStorage::F32(output), layout.shape().clone()))
    }
}
