//! A convolution of each channel by itself.

use candle_core::{CpuStorage, CustomOp3, DType, Layout, Result, Shape, Tensor, bail};

use crate::kernels::depthwise;
use crate::slice::f32_slice;

/// A convolution over time of each channel by itself, without padding. Cheap to clone.
#[derive(Clone)]
pub struct DepthwiseConvolution {
    /// `[tap, channel]`
    weight: Tensor,
    /// `[channel]`
    bias: Tensor,
    dilation: usize,
}

impl DepthwiseConvolution {
    /// Of weights `[tap, channel]` and a bias `[channel]`, both f32; computes in `dtype` where the device is a GPU.
    pub fn new(weight: &Tensor, bias: &Tensor, dilation: usize, dtype: DType) -> Result<Self> {
        let (taps, channels) = weight.dims2()?;
        if taps == 0 || dilation == 0 || bias.dims() != [channels] {
            bail!("a convolution of {taps} taps, dilation {dilation}, {channels} channels");
        }
        let dtype = if weight.device().is_cpu() {
            DType::F32
        } else {
            dtype
        };
        Ok(Self {
            weight: weight.to_dtype(dtype)?.contiguous()?,
            bias: bias.to_dtype(dtype)?.contiguous()?,
            dilation,
        })
    }

    /// Times that an output looks at beyond the first.
    pub fn reach(&self) -> usize {
        (self.weight.dims()[0] - 1) * self.dilation
    }

    /// `[time + reach, channel]` to `[time, channel]`.
    pub fn forward(&self, input: &Tensor) -> Result<Tensor> {
        if input.dim(1)? != self.weight.dim(1)? {
            bail!("{:?} for weights {:?}", input.dims(), self.weight.dims());
        }
        if input.device().is_cpu() {
            let input = input.contiguous()?;
            input.apply_op3_no_bwd(&self.weight, &self.bias, &Kernel(self.dilation))
        } else {
            self.composed(input)
        }
    }

    /// `[time, channel]` to the same, with zeros around.
    pub fn forward_same(&self, input: &Tensor) -> Result<Tensor> {
        let reach = self.reach();
        self.forward(&input.pad_with_zeros(0, reach / 2, reach - reach / 2)?)
    }

    fn composed(&self, input: &Tensor) -> Result<Tensor> {
        let times = input.dim(0)?.saturating_sub(self.reach());
        let mut sum = self.bias.broadcast_as((times, self.bias.dim(0)?))?;
        for tap in 0..self.weight.dim(0)? {
            let rows = input.narrow(0, tap * self.dilation, times)?;
            sum = (sum + rows.broadcast_mul(&self.weight.get(tap)?)?)?;
        }
        Ok(sum)
    }
}

struct Kernel(usize);

impl CustomOp3 for Kernel {
    fn name(&self) -> &'static str {
        "depthwise-convolution"
    }

    fn cpu_fwd(
        &self,
        input: &CpuStorage,
        input_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (_, channels) = input_layout.shape().dims2()?;
        let output = depthwise::convolve(
            f32_slice(input, input_layout)?,
            f32_slice(weight, weight_layout)?,
            f32_slice(bias, bias_layout)?,
            self.0,
        );
        let times = output.len() / channels.max(1);
        Ok((CpuStorage::F32(output), (times, channels).into()))
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
        for (times, taps, dilation, channels) in [(1, 1, 1, 3), (300, 3, 9, 192), (17, 5, 2, 33)] {
            let (weight, bias) = (random(&[taps, channels]), random(&[channels]));
            let layer = DepthwiseConvolution::new(&weight, &bias, dilation, DType::F32).unwrap();
            let input = random(&[times + layer.reach(), channels]);
            assert_near(
                &layer.forward(&input).unwrap(),
                &layer.composed(&input).unwrap(),
                1e-6,
            );
            let same = layer.forward_same(&input).unwrap();
            assert_eq!(same.dims(), input.dims());
        }
    }
}
