//! The norm over the channels of each time.

use candle_core::{CpuStorage, CustomOp1, D, DType, Layout, Result, Shape, Tensor, bail};

use crate::activation::Modulation;
use crate::kernels::normalization;
use crate::slice::f32_slice;

/// Layer normalisation (Ba et al., 2016) of `[time, channel]`: mean 0 and biased variance 1 over the channels of each time, then a factor and a summand
/// where given. For an adaptive one (`AdaLN`) give `1 + gamma` and `beta` as the modulation.
pub fn layer_norm(input: &Tensor, affine: Option<&Modulation>, epsilon: f64) -> Result<Tensor> {
    if !input.device().is_cpu() {
        return composed(input, affine, epsilon);
    }
    let vectors = |affine: &Modulation| -> Result<(Vec<f32>, Vec<f32>)> {
        Ok((affine.factors.to_vec1()?, affine.summands.to_vec1()?))
    };
    let kernel = Kernel {
        affine: affine.map(vectors).transpose()?,
        epsilon: epsilon as f32,
    };
    input.contiguous()?.apply_op1_no_bwd(&kernel)
}

fn composed(input: &Tensor, affine: Option<&Modulation>, epsilon: f64) -> Result<Tensor> {
    let wide = input.to_dtype(DType::F32)?;
    let centred = wide.broadcast_sub(&wide.mean_keepdim(D::Minus1)?)?;
    let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
    let normed = centred.broadcast_div(&(variance + epsilon)?.sqrt()?)?;
    let normed = normed.to_dtype(input.dtype())?;
    match affine {
        Some(Modulation { factors, summands }) => {
            normed.broadcast_mul(factors)?.broadcast_add(summands)
        }
        None => Ok(normed),
    }
}

struct Kernel {
    affine: Option<(Vec<f32>, Vec<f32>)>,
    epsilon: f32,
}

impl CustomOp1 for Kernel {
    fn name(&self) -> &'static str {
        "layer-norm"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (_, channels) = layout.shape().dims2()?;
        let affine = self.affine.as_ref();
        if affine.is_some_and(|(a, b)| a.len() != channels || b.len() != channels) {
            bail!("factors of another size than {channels} channels");
        }
        let output = normalization::layer_norm(
            f32_slice(storage, layout)?,
            channels,
            affine.map(|(factors, summands)| (&factors[..], &summands[..])),
            self.epsilon,
        );
        Ok((CpuStorage::F32(output), layout.shape().clone()))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::difference::assert_near;

    #[test]
    fn the_kernel_gives_what_the_composed_form_gives() {
        let random = |shape: &[usize]| Tensor::rand(-1.0_f32, 2.0, shape, &Device::Cpu).unwrap();
        for (times, channels) in [(1, 7), (40, 192), (70, 33)] {
            let input = random(&[times, channels]);
            let affine = Modulation {
                factors: random(&[channels]),
                summands: random(&[channels]),
            };
            for affine in [None, Some(&affine)] {
                assert_near(
                    &layer_norm(&input, affine, 1e-5).unwrap(),
                    &composed(&input, affine, 1e-5).unwrap(),
                    2e-6,
                );
            }
        }
    }
}
