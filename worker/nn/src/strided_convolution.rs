//! A convolution that gives fewer outputs than it has inputs.

use candle_core::{DType, Result, Tensor, bail};

use crate::{Convolution, Extras};

/// A convolution of any stride with zeros around its input: `stride` inputs side by side go through a convolution of few taps.
#[derive(Clone)]
pub struct StridedConvolution {
    convolution: Convolution,
    bias: Tensor,
    taps: usize,
    stride: usize,
    padding: usize,
}

impl StridedConvolution {
    /// Of weights `[tap, in, out]` and a bias `[out]`, both f32; computes in `dtype` where the device is a GPU. `padding` zeros stand at each end.
    pub fn new(
        weight: &Tensor,
        bias: &Tensor,
        (stride, padding): (usize, usize),
        dtype: DType,
    ) -> Result<Self> {
        let (taps, input, output) = weight.dims3()?;
        if taps == 0 || stride == 0 {
            bail!("a convolution of {taps} taps and stride {stride}");
        }
        let groups = taps.div_ceil(stride);
        let weight = weight.pad_with_zeros(0, 0, groups * stride - taps)?;
        let weight = weight.reshape((groups, stride * input, output))?;
        Ok(Self {
            convolution: Convolution::new(&weight, 1, dtype)?,
            bias: bias.to_dtype(dtype)?,
            taps,
            stride,
            padding,
        })
    }

    /// `[time, in]` to `[(time + 2 * padding - taps) / stride + 1, out]`.
    pub fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let (times, channels) = input.dims2()?;
        let Some(room) = (times + 2 * self.padding).checked_sub(self.taps) else {
            bail!("a convolution of {} taps on {times} times", self.taps);
        };
        let rows = room / self.stride + 1 + self.convolution.reach();
        let behind = (rows * self.stride).saturating_sub(self.padding + times);
        let padded = input.pad_with_zeros(0, self.padding, behind)?;
        let padded = padded.narrow(0, 0, rows * self.stride)?.contiguous()?;
        let side_by_side = padded.reshape((rows, self.stride * channels))?;
        self.convolution
            .forward(&side_by_side, &self.bias, Extras::default())
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::difference::assert_near;

    #[test]
    fn outputs_are_candles() {
        let random = |shape: &[usize]| Tensor::rand(-1.0_f32, 1.0, shape, &Device::Cpu).unwrap();
        for (times, taps, stride, padding) in
            [(60, 12, 6, 3), (13, 3, 2, 1), (5, 1, 1, 0), (8, 2, 5, 0)]
        {
            let (weight, bias) = (random(&[taps, 4, 7]), random(&[7]));
            let layer = StridedConvolution::new(&weight, &bias, (stride, padding), DType::F32);
            let input = random(&[times, 4]);
            let expected = input.t().unwrap().unsqueeze(0).unwrap().conv1d(
                &weight.permute((2, 1, 0)).unwrap().contiguous().unwrap(),
                padding,
                stride,
                1,
                1,
            );
            let expected = expected.unwrap().squeeze(0).unwrap().t().unwrap();
            let expected = expected.broadcast_add(&bias).unwrap();
            assert_near(&layer.unwrap().forward(&input).unwrap(), &expected, 1e-6);
        }
    }
}
