//! Transposed convolutions: several outputs for each input.

use candle_core::{DType, Result, Tensor, bail};

use crate::{Convolution, DepthwiseConvolution, Extras};

/// A transposed convolution of any kernel, as a convolution of few taps that gives `stride` outputs at once. Cheap to clone.
#[derive(Clone)]
pub struct TransposedConvolution {
    convolution: Convolution,
    size: TransposedSize,
    output: usize,
}

/// What an output's place depends on.
#[derive(Debug, Clone, Copy)]
pub struct TransposedSize {
    /// Outputs that an input adds to.
    pub kernel: usize,
    pub stride: usize,
    /// Outputs cut off in front; behind fewer by `output_padding`.
    pub padding: usize,
    pub output_padding: usize,
}

impl TransposedSize {
    /// The usual one, with `stride` outputs for each input: half of what the kernel is longer is cut off at each end.
    pub fn centred(kernel: usize, stride: usize) -> Self {
        Self {
            kernel,
            stride,
            padding: kernel.saturating_sub(stride) / 2,
            output_padding: 0,
        }
    }

    /// Outputs of so many inputs.
    pub fn outputs(self, inputs: usize) -> usize {
        match inputs {
            0 => 0,
            _ => ((inputs - 1) * self.stride + self.kernel + self.output_padding)
                .saturating_sub(2 * self.padding),
        }
    }

    /// Steps of `stride` outputs, from the first that is cut off to the last that is not.
    pub(crate) fn steps(self, inputs: usize) -> usize {
        (self.padding + self.outputs(inputs)).div_ceil(self.stride)
    }
}

impl TransposedConvolution {
    /// Of weights `[in, out, kernel]` in f32; computes in `dtype` where the device is a GPU.
    pub fn new(weight: &Tensor, size: TransposedSize, dtype: DType) -> Result<Self> {
        let (input, output, kernel) = weight.dims3()?;
        let TransposedSize { stride, .. } = size;
        if kernel != size.kernel || kernel == 0 || stride == 0 {
            bail!("a transposed convolution of {kernel} taps for {size:?}");
        }
        let taps = kernel.div_ceil(stride);
        let weight = weight.permute((2, 0, 1))?;
        let weight = weight.pad_with_zeros(0, 0, taps * stride - kernel)?;
        let weight = weight.reshape((taps, stride, input, output))?;
        // The tap on the earliest input comes first: its weights are the last ones of the kernel.
        let order: Vec<u32> = (0..taps as u32).rev().collect();
        let order = Tensor::from_vec(order, taps, weight.device())?;
        let weight = weight.index_select(&order, 0)?.transpose(1, 2)?;
        let weight = weight
            .contiguous()?
            .reshape((taps, input, stride * output))?;
        Ok(Self {
            convolution: Convolution::new(&weight, 1, dtype)?,
            size,
            output,
        })
    }

    pub fn size(&self) -> TransposedSize {
        self.size
    }

    /// `[time, in]` to `[outputs, out]`, with a leaky ReLU of `slope` in front where given. The bias is `[out]`.
    pub fn forward(&self, input: &Tensor, bias: &Tensor, slope: Option<f32>) -> Result<Tensor> {
        let times = input.dim(0)?;
        let steps = self.size.steps(times);
        let padded = input.pad_with_zeros(0, self.reach(), steps.saturating_sub(times))?;
        let raised = self.raise(&padded, bias, slope)?;
        raised.narrow(0, self.size.padding, self.size.outputs(times))
    }

    /// Inputs before one that its outputs look at.
    pub(crate) fn reach(&self) -> usize {
        self.convolution.reach()
    }

    /// `[time + reach, in]` to `[stride * time, out]`, nothing cut off.
    pub(crate) fn raise(
        &self,
        input: &Tensor,
        bias: &Tensor,
        slope: Option<f32>,
    ) -> Result<Tensor> {
        let extras = Extras {
            slope,
            residual: None,
        };
        let bias = bias.repeat(self.size.stride)?;
        let raised = self.convolution.forward(input, &bias, extras)?;
        let outputs = raised.dim(0)? * self.size.stride;
        raised.reshape((outputs, self.output))
    }
}

/// A transposed convolution of each channel by itself.
#[derive(Clone)]
pub struct TransposedDepthwise {
    convolution: DepthwiseConvolution,
    size: TransposedSize,
}

impl TransposedDepthwise {
    /// Of weights `[kernel, channel]` and a bias `[channel]`, both f32; computes in `dtype` where the device is a GPU.
    pub fn new(weight: &Tensor, bias: &Tensor, size: TransposedSize, dtype: DType) -> Result<Self> {
        let kernel = weight.dim(0)?;
        if kernel != size.kernel || size.padding >= kernel || size.stride == 0 {
            bail!("a transposed convolution of {kernel} taps for {size:?}");
        }
        let order: Vec<u32> = (0..kernel as u32).rev().collect();
        let order = Tensor::from_vec(order, kernel, weight.device())?;
        let weight = weight.index_select(&order, 0)?;
        Ok(Self {
            convolution: DepthwiseConvolution::new(&weight, bias, 1, dtype)?,
            size,
        })
    }

    /// `[time, channel]` to `[outputs, channel]`.
    pub fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let (times, channels) = input.dims2()?;
        let TransposedSize {
            kernel,
            stride,
            padding,
            output_padding,
        } = self.size;
        // Zeros between the inputs make a plain convolution of it.
        let apart = input.unsqueeze(1)?.pad_with_zeros(1, 0, stride - 1)?;
        let apart = apart.reshape((times * stride, channels))?;
        let apart = apart.narrow(0, 0, (times * stride).saturating_sub(stride - 1))?;
        let around = kernel - 1 - padding;
        let apart = apart.pad_with_zeros(0, around, around + output_padding)?;
        self.convolution.forward(&apart)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::difference::assert_near;

    fn random(shape: &[usize]) -> Tensor {
        Tensor::rand(-1.0_f32, 1.0, shape, &Device::Cpu).unwrap()
    }

    fn sizes() -> [TransposedSize; 5] {
        let odd = |kernel, stride, padding, output_padding| TransposedSize {
            kernel,
            stride,
            padding,
            output_padding,
        };
        [
            TransposedSize::centred(16, 8),
            TransposedSize::centred(20, 10),
            odd(3, 2, 1, 1),
            odd(5, 3, 0, 2),
            odd(4, 1, 2, 0),
        ]
    }

    #[test]
    fn outputs_are_candles() {
        for size in sizes() {
            for times in [1, 2, 9] {
                let (weight, bias) = (random(&[6, 5, size.kernel]), random(&[5]));
                let layer = TransposedConvolution::new(&weight, size, DType::F32).unwrap();
                let input = random(&[times, 6]);
                let expected = input.t().unwrap().unsqueeze(0).unwrap().conv_transpose1d(
                    &weight,
                    size.padding,
                    size.output_padding,
                    size.stride,
                    1,
                    1,
                );
                let expected = expected.unwrap().squeeze(0).unwrap().t().unwrap();
                let expected = expected.broadcast_add(&bias).unwrap();
                let found = layer.forward(&input, &bias, None).unwrap();
                assert_near(&found, &expected, 1e-6);
            }
        }
    }

    #[test]
    fn channels_by_themselves_are_candles_groups() {
        for size in sizes() {
            let (weight, bias) = (random(&[size.kernel, 6]), random(&[6]));
            let layer = TransposedDepthwise::new(&weight, &bias, size, DType::F32).unwrap();
            let input = random(&[7, 6]);
            let mut expected = Vec::new();
            for channel in 0..6 {
                let weight = weight.narrow(1, channel, 1).unwrap().t().unwrap();
                let output = input
                    .narrow(1, channel, 1)
                    .unwrap()
                    .t()
                    .unwrap()
                    .unsqueeze(0)
                    .unwrap()
                    .conv_transpose1d(
                        &weight.contiguous().unwrap().unsqueeze(0).unwrap(),
                        size.padding,
                        size.output_padding,
                        size.stride,
                        1,
                        1,
                    );
                expected.push(output.unwrap().squeeze(0).unwrap().t().unwrap());
            }
            let expected = Tensor::cat(&expected, 1).unwrap();
            let expected = expected.broadcast_add(&bias).unwrap();
            assert_near(&layer.forward(&input).unwrap(), &expected, 1e-6);
        }
    }
}
