//! A convolution over time without padding, on `[time, channel]`.

use std::{borrow::Cow, sync::Arc};

use candle_core::{CpuStorage, CustomOp1, CustomOp2, DType, Layout, Result, Shape, Tensor};

use crate::kernels::panels::Panels;
use crate::slice::f32_slice;

/// A convolution; cheap to clone.
#[derive(Clone)]
pub struct Convolution {
    taps: Taps,
    dilation: usize,
    count: usize,
}

#[derive(Clone)]
enum Taps {
    /// `[in, out]` for each tap.
    Composed(Vec<Tensor>),
    Packed(Arc<Panels>),
}

/// What is done to the input before and to the output behind the convolution.
#[derive(Clone, Copy, Default)]
pub struct Extras<'a> {
    /// Slope of a leaky ReLU in front.
    pub slope: Option<f32>,
    /// Added to the output, `[time, out]`.
    pub residual: Option<&'a Tensor>,
}

impl Convolution {
    /// Of weights `[tap, in, out]` in f32; computes in `dtype` where the device is a GPU.
    pub fn new(weight: &Tensor, dilation: usize, dtype: DType) -> Result<Self> {
        let (count, input, output) = weight.dims3()?;
        let taps = if weight.device().is_cpu() {
            let values = weight.flatten_all()?.to_vec1::<f32>()?;
            Taps::Packed(Arc::new(Panels::pack(
                &values, count, input, output, dilation,
            )))
        } else {
            let tap = |tap| weight.get(tap)?.to_dtype(dtype)?.contiguous();
            Taps::Composed((0..count).map(tap).collect::<Result<_>>()?)
        };
        Ok(Self {
            taps,
            dilation,
            count,
        })
    }

    /// Times that an output looks at beyond the first.
    pub fn reach(&self) -> usize {
        (self.count - 1) * self.dilation
    }

    /// `[time + reach, in]` to `[time, out]`; the bias is `[out]`.
    pub fn forward(&self, input: &Tensor, bias: &Tensor, extras: Extras<'_>) -> Result<Tensor> {
        match &self.taps {
            Taps::Composed(taps) => self.composed(taps, input, bias, extras),
            Taps::Packed(panels) => {
                let kernel = Kernel {
                    panels,
                    bias: bias.to_vec1()?,
                    slope: extras.slope,
                };
                let input = input.contiguous()?;
                match extras.residual {
                    Some(residual) => input.apply_op2_no_bwd(&residual.contiguous()?, &kernel),
                    None => input.apply_op1_no_bwd(&kernel),
                }
            }
        }
    }

    fn composed(
        &self,
        taps: &[Tensor],
        input: &Tensor,
        bias: &Tensor,
        Extras { slope, residual }: Extras<'_>,
    ) -> Result<Tensor> {
        let input = match slope {
            Some(slope) => input.maximum(&(input * f64::from(slope))?)?,
            None => input.clone(),
        };
        let times = input.dim(0)?.saturating_sub(self.reach());
        let mut sum: Option<Tensor> = None;
        for (tap, weight) in taps.iter().enumerate() {
            let product = input
                .narrow(0, tap * self.dilation, times)?
                .matmul(weight)?;
            sum = Some(match sum {
                Some(sum) => (sum + product)?,
                None => product.broadcast_add(bias)?,
            });
        }
        let sum =
            sum.ok_or_else(|| candle_core::Error::Msg("a convolution without taps".into()))?;
        match residual {
            Some(residual) => sum + residual,
            None => Ok(sum),
        }
    }
}

struct Kernel<'a> {
    panels: &'a Panels,
    bias: Vec<f32>,
    slope: Option<f32>,
}

impl Kernel<'_> {
    fn apply(&self, input: &[f32], residual: Option<&[f32]>) -> (CpuStorage, Shape) {
        let input = match self.slope {
            Some(slope) => Cow::Owned(input.iter().map(|x| x.max(x * slope)).collect::<Vec<_>>()),
            None => Cow::Borrowed(input),
        };
        let output = self.panels.apply(&input, &self.bias, residual);
        let shape = (output.len() / self.panels.output, self.panels.output);
        (CpuStorage::F32(output), shape.into())
    }
}

impl CustomOp1 for Kernel<'_> {
    fn name(&self) -> &'static str {
        "convolution"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        Ok(self.apply(f32_slice(storage, layout)?, None))
    }
}

impl CustomOp2 for Kernel<'_> {
    fn name(&self) -> &'static str {
        "convolution-with-residual"
    }

    fn cpu_fwd(
        &self,
        storage: &CpuStorage,
        layout: &Layout,
        residual: &CpuStorage,
        residual_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let residual = f32_slice(residual, residual_layout)?;
        Ok(self.apply(f32_slice(storage, layout)?, Some(residual)))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::difference::assert_near;

    #[test]
    fn the_kernel_gives_what_the_composed_form_gives() {
        for (times, taps, dilation, input, output) in [
            (1, 1, 1, 4, 5),
            (7, 3, 1, 16, 40),
            (130, 7, 3, 8, 32),
            (300, 11, 5, 32, 33),
        ] {
            let random =
                |shape: &[usize]| Tensor::rand(-1.0_f32, 1.0, shape, &Device::Cpu).unwrap();
            let (weight, bias) = (random(&[taps, input, output]), random(&[output]));
            let packed = Convolution::new(&weight, dilation, DType::F32).unwrap();
            assert!(matches!(packed.taps, Taps::Packed(_)));
            let parts = (0..taps).map(|tap| weight.get(tap).unwrap()).collect();
            let composed = Convolution {
                taps: Taps::Composed(parts),
                ..packed.clone()
            };
            let x = random(&[times + packed.reach(), input]);
            let residual = random(&[times, output]);
            for extras in [
                Extras::default(),
                Extras {
                    slope: Some(0.1),
                    residual: Some(&residual),
                },
            ] {
                assert_near(
                    &packed.forward(&x, &bias, extras).unwrap(),
                    &composed.forward(&x, &bias, extras).unwrap(),
                    1e-5,
                );
            }
        }
    }
}
