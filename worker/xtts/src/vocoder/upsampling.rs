//! A transposed convolution whose kernel is twice its stride: each output looks at two inputs.

use candle_core::{DType, Tensor};

use super::{residual::Delay, stream::leaky};
use crate::{error::Result, nn::Convolution};

/// The layer as a convolution of two taps that gives `stride` outputs for each input at once.
pub(super) struct Upsampling {
    convolution: Convolution,
    bias: Tensor,
    stride: usize,
}

impl Upsampling {
    /// Of a weight `[in, out, 2 * stride]`.
    pub(super) fn new(weight: &Tensor, bias: Tensor, stride: usize, dtype: DType) -> Result<Self> {
        let (input, output, kernel) = weight.dims3()?;
        debug_assert_eq!(kernel, 2 * stride);
        // The tap on the input before comes first: its weights are the second half of the kernel.
        let taps = weight.reshape((input, output, 2, stride))?;
        let taps = taps.permute((2, 0, 3, 1))?.contiguous()?;
        let taps = Tensor::stack(&[taps.get(1)?, taps.get(0)?], 0)?;
        let taps = taps.reshape((2, input, stride * output))?;
        Ok(Self {
            convolution: Convolution::new(&taps, 1, dtype)?,
            bias,
            stride,
        })
    }

    /// `[out]`
    pub(super) fn bias(&self) -> &Tensor {
        &self.bias
    }
}

/// What the layer remembers of a stream.
pub(super) struct UpsamplingStream {
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
    pub(super) fn push(
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
        let raised = layer.convolution.forward(&input, &bias, leaky(None))?;
        let (steps, width) = raised.dims2()?;
        let raised = raised.reshape((steps * layer.stride, width / layer.stride))?;
        let cut = layer.stride / 2;
        let begin = if self.begun { 0 } else { cut };
        self.begun = true;
        let end = raised.dim(0)? - if last { cut } else { 0 };
        Ok((end > begin)
            .then(|| raised.narrow(0, begin, end - begin))
            .transpose()?)
    }
}
