//! Convolutions on `[time, channel]` with padding, strides, and upwards, made of convolutions without.
//!
//! A stride becomes channels: rows of input side by side for a strided one, rows of output for a transposed one.

use candle_core::{DType, Tensor};
use kiskadee_nn::{Convolution, Extras};

use crate::error::Result;

/// Zeros at both ends, so that as many times come out as go in.
pub(crate) struct SameConvolution {
    pub(crate) convolution: Convolution,
    pub(crate) bias: Tensor,
    pub(crate) padding: usize,
    pub(crate) output: usize,
}

impl SameConvolution {
    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        self.forward_onto(input, None)
    }

    /// Adds the output to `residual`, `[time, out]`.
    pub(crate) fn forward_onto(
        &self,
        input: &Tensor,
        residual: Option<&Tensor>,
    ) -> Result<Tensor> {
        let padded = match self.padding {
            0 => input.clone(),
            padding => input.pad_with_zeros(0, padding, padding)?,
        };
        let extras = Extras {
            residual,
            ..Extras::default()
        };
        Ok(self.convolution.forward(&padded, &self.bias, extras)?)
    }
}

/// An output for every `stride` times of input.
pub(crate) struct StridedConvolution {
    convolution: Convolution,
    bias: Tensor,
    taps: usize,
    stride: usize,
    padding: usize,
    pub(crate) output: usize,
}

impl StridedConvolution {
    /// Of weights `[out, in, tap]`.
    pub(crate) fn new(
        weight: &Tensor,
        bias: Tensor,
        stride: usize,
        padding: usize,
    ) -> Result<Self> {
        let (output, input, taps) = weight.dims3()?;
        let groups = taps.div_ceil(stride);
        let weight = weight.permute((2, 1, 0))?;
        let weight = weight.pad_with_zeros(0, 0, groups * stride - taps)?;
        let weight = weight.reshape((groups, stride * input, output))?;
        Ok(Self {
            convolution: Convolution::new(&weight, 1, DType::F32)?,
            bias,
            taps,
            stride,
            padding,
            output,
        })
    }

    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let (times, width) = input.dims2()?;
        let outputs = (times + 2 * self.padding).saturating_sub(self.taps) / self.stride + 1;
        let rows = outputs + self.convolution.reach();
        let behind = (rows * self.stride).saturating_sub(self.padding + times);
        let padded = input.pad_with_zeros(0, self.padding, behind)?;
        let padded = padded.narrow(0, 0, rows * self.stride)?.contiguous()?;
        let side_by_side = padded.reshape((rows, self.stride * width))?;
        let extras = Extras::default();
        Ok(self.convolution.forward(&side_by_side, &self.bias, extras)?)
    }
}

/// `stride` outputs for every time of input; as long as its input times the stride.
pub(crate) struct TransposedConvolution {
    convolution: Convolution,
    bias: Tensor,
    stride: usize,
    /// Outputs cut off at both ends.
    padding: usize,
    output: usize,
}

impl TransposedConvolution {
    /// Of weights `[in, out, tap]`.
    pub(crate) fn new(weight: &Tensor, bias: &Tensor, stride: usize) -> Result<Self> {
        let (input, output, taps) = weight.dims3()?;
        let groups = taps.div_ceil(stride);
        let weight = weight.permute((2, 0, 1))?;
        let weight = weight.pad_with_zeros(0, 0, groups * stride - taps)?;
        let weight = weight.reshape((groups, stride, input, output))?;
        // The last group meets the earliest input.
        let order: Vec<u32> = (0..groups as u32).rev().collect();
        let order = Tensor::new(order, weight.device())?;
        let weight = weight.index_select(&order, 0)?.transpose(1, 2)?;
        let weight = weight.contiguous()?.reshape((groups, input, stride * output))?;
        Ok(Self {
            convolution: Convolution::new(&weight, 1, DType::F32)?,
            bias: bias.repeat(stride)?,
            stride,
            padding: (taps - stride) / 2,
            output,
        })
    }

    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let times = input.dim(0)?;
        let reach = self.convolution.reach();
        let padded = input.pad_with_zeros(0, reach, reach)?;
        let extras = Extras::default();
        let rows = self.convolution.forward(&padded, &self.bias, extras)?;
        let steps = rows.dim(0)? * self.stride;
        let all = rows.reshape((steps, self.output))?;
        Ok(all.narrow(0, self.padding, times * self.stride)?)
    }
}

/// A transposed convolution of three taps and a stride of two, each channel by itself: twice as many times as go in.
pub(crate) struct DoublingConvolution {
    /// `[1, channel]` each
    taps: [Tensor; 3],
    bias: Tensor,
}

impl DoublingConvolution {
    /// Of weights `[channel, 1, 3]`.
    pub(crate) fn new(weight: &Tensor, bias: Tensor) -> Result<Self> {
        let tap = |tap: usize| -> Result<Tensor> {
            Ok(weight.narrow(2, tap, 1)?.squeeze(2)?.t()?.contiguous()?)
        };
        Ok(Self {
            taps: [tap(0)?, tap(1)?, tap(2)?],
            bias,
        })
    }

    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let (times, width) = input.dims2()?;
        let [first, second, third] = &self.taps;
        let next = input.pad_with_zeros(0, 0, 1)?.narrow(0, 1, times)?;
        let even = input.broadcast_mul(second)?;
        let odd = (input.broadcast_mul(third)? + next.broadcast_mul(first)?)?;
        let both = Tensor::stack(&[even, odd], 1)?.reshape((2 * times, width))?;
        Ok(both.broadcast_add(&self.bias)?)
    }
}
