//! A transposed convolution whose kernel is twice its stride: each output looks at two inputs.

use candle_core::{DType, Result, Tensor};

use super::Delay;
use crate::{Convolution, Extras};

/// The layer as a convolution of two taps that gives `stride` outputs for each input at once.
pub struct Upsampling {
    convolution: Convolution,
    bias: Tensor,
    stride: usize,
    slope: f32,
}

impl Upsampling {
    /// Of a weight `[in, out, 2 * stride]` and a bias `[out]`, with a leaky ReLU in front.
    pub fn new(
        weight: &Tensor,
        bias: Tensor,
        stride: usize,
        slope: f32,
        dtype: DType,
    ) -> Result<Self> {
        let (input, output, _) = weight.dims3()?;
        // The tap on the input before comes first: its weights are the second half of the kernel.
        let taps = weight.reshape((input, output, 2, stride))?;
        let taps = taps.permute((2, 0, 3, 1))?.contiguous()?;
        let taps = Tensor::stack(&[taps.get(1)?, taps.get(0)?], 0)?;
        let taps = taps.reshape((2, input, stride * output))?;
        Ok(Self {
            convolution: Convolution::new(&taps, 1, dtype)?,
            bias,
            stride,
            slope,
        })
    }

    /// `[out]`
    pub fn bias(&self) -> &Tensor {
        &self.bias
    }
}

/// What the layer remembers of a stream.
pub struct UpsamplingStream {
    input: Delay,
    /// Outputs at the very beginning that the layer's padding cuts off.
    begun: bool,
}

impl Default for UpsamplingStream {
    fn default() -> Self {
        Self {
            input: Delay::padded(1),
            begun: false,
        }
    }
}

impl UpsamplingStream {
    /// The outputs that are ready, if there are any.
    pub fn push(
        &mut self,
        layer: &Upsampling,
        rows: &Tensor,
        bias: &Tensor,
        last: bool,
    ) -> Result<Option<Tensor>> {
        let Some(input) = self.input.take_padded(rows, &layer.convolution, last)? else {
            return Ok(None);
        };
        let bias = bias.repeat(layer.stride)?;
        let extras = Extras {
            slope: Some(layer.slope),
            residual: None,
        };
        let raised = layer.convolution.forward(&input, &bias, extras)?;
        let (steps, width) = raised.dims2()?;
        let raised = raised.reshape((steps * layer.stride, width / layer.stride))?;
        let cut = layer.stride / 2;
        let begin = if self.begun { 0 } else { cut };
        self.begun = true;
        let end = raised.dim(0)? - if last { cut } else { 0 };
        (end > begin)
            .then(|| raised.narrow(0, begin, end - begin))
            .transpose()
    }
}
