//! `y = x W + b`, whatever the weights are kept as.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, DType, Layout, Result, Shape, Tensor};

use crate::kernels::{panels::Panels, quantized::Quantized};
use crate::slice::f32_slice;

/// A linear layer; cheap to clone.
#[derive(Clone)]
pub enum Linear {
    Composed {
        /// `[in, out]`
        weight: Tensor,
        /// `[out]`
        bias: Tensor,
    },
    Packed(Arc<Packed<Panels>>),
    Quantized(Arc<Packed<Quantized>>),
}

/// Weights in a form of our own, with the bias `[out]`.
pub struct Packed<W> {
    pub weights: W,
    pub bias: Vec<f32>,
}

impl Linear {
    /// Of a weight `[in, out]` and a bias `[out]`, both f32; computes in `dtype` where the device is a GPU.
    pub fn new(weight: &Tensor, bias: &Tensor, dtype: DType) -> Result<Self> {
        if !weight.device().is_cpu() {
            return Ok(Self::Composed {
                weight: weight.to_dtype(dtype)?.contiguous()?,
                bias: bias.to_dtype(dtype)?,
            });
        }
        let (input, output) = weight.dims2()?;
        let values = weight.flatten_all()?.to_vec1::<f32>()?;
        Ok(Self::Packed(Arc::new(Packed {
            weights: Panels::pack(&values, 1, input, output, 1),
            bias: bias.to_vec1()?,
        })))
    }

    /// `[rows, in]` to `[rows, out]`.
    pub fn forward(&self, input: &Tensor) -> Result<Tensor> {
        match self {
            Self::Composed { weight, bias } => input.matmul(weight)?.broadcast_add(bias),
            Self::Packed(packed) => input.contiguous()?.apply_op1_no_bwd(packed.as_ref()),
            Self::Quantized(packed) => input.contiguous()?.apply_op1_no_bwd(packed.as_ref()),
        }
    }
}

impl CustomOp1 for Packed<Panels> {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let input = f32_slice(storage, layout)?;
        let output = self.weights.apply(input, &self.bias, None);
        Ok(with_width(output, self.weights.output))
    }
}

impl CustomOp1 for Packed<Quantized> {
    fn name(&self) -> &'static str {
        "linear-int8"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let input = f32_slice(storage, layout)?;
        let output = self.weights.apply(input, &self.bias);
        Ok(with_width(output, self.weights.output))
    }
}

fn with_width(output: Vec<f32>, width: usize) -> (CpuStorage, Shape) {
    let shape = (output.len() / width, width).into();
    (CpuStorage::F32(output), shape)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::difference::assert_near;

    #[test]
    fn the_kernel_gives_what_the_composed_form_gives() {
        for (rows, input, output) in [(1, 8, 3), (5, 70, 33), (13, 64, 96), (200, 32, 64)] {
            let random =
                |shape: &[usize]| Tensor::rand(-1.0_f32, 1.0, shape, &Device::Cpu).unwrap();
            let (weight, bias) = (random(&[input, output]), random(&[output]));
            let x = random(&[rows, input]);
            let packed = Linear::new(&weight, &bias, DType::F32).unwrap();
            assert!(matches!(packed, Linear::Packed(_)));
            let composed = Linear::Composed { weight, bias };
            assert_near(
                &packed.forward(&x).unwrap(),
                &composed.forward(&x).unwrap(),
                1e-5,
            );
        }
    }
}
