//! A transposed convolution on streams.

use candle_core::{DType, Result, Tensor};

use super::Delay;
use crate::transposed_convolution::{TransposedConvolution, TransposedSize};

/// A transposed convolution with a leaky ReLU in front, that gives `stride` outputs for each input.
pub struct Upsampling {
    layer: TransposedConvolution,
    bias: Tensor,
    slope: f32,
}

impl Upsampling {
    /// Of a weight `[in, out, kernel]` and a bias `[out]`; half of what the kernel is longer than the stride is cut off at each end.
    pub fn new(
        weight: &Tensor,
        bias: Tensor,
        stride: usize,
        slope: f32,
        dtype: DType,
    ) -> Result<Self> {
        let size = TransposedSize::centred(weight.dim(2)?, stride);
        Ok(Self {
            layer: TransposedConvolution::new(weight, size, dtype)?,
            bias,
            slope,
        })
    }

    /// `[out]`
    pub fn bias(&self) -> &Tensor {
        &self.bias
    }
}

/// What the layer remembers of a stream.
#[derive(Default)]
pub struct UpsamplingStream {
    input: Delay,
    /// Inputs that have come.
    inputs: usize,
    /// Steps of `stride` outputs that were made.
    steps: usize,
}

impl UpsamplingStream {
    /// The outputs that are ready with the next rows `[time, in]`, if there are any. The bias is [`Upsampling::bias`] or another one.
    pub fn push(
        &mut self,
        layer: &Upsampling,
        rows: &Tensor,
        bias: &Tensor,
        last: bool,
    ) -> Result<Option<Tensor>> {
        let (size, reach) = (layer.layer.size(), layer.layer.reach());
        if self.inputs == 0 && self.input.is_empty() {
            self.input.append_zeros(reach, rows)?;
        }
        self.input.append(rows)?;
        self.inputs += rows.dim(0)?;
        if last {
            let behind = size.steps(self.inputs).saturating_sub(self.inputs);
            self.input.append_zeros(behind, rows)?;
        }
        let Some(input) = self.input.take_reaching(reach)? else {
            return Ok(None);
        };
        let raised = layer.layer.raise(&input, bias, Some(layer.slope))?;
        let first = self.steps * size.stride;
        let made = raised.dim(0)?;
        self.steps += made / size.stride;
        let begin = size.padding.saturating_sub(first).min(made);
        let end = if last {
            (size.padding + size.outputs(self.inputs)).saturating_sub(first)
        } else {
            made
        };
        let end = end.min(made);
        (end > begin)
            .then(|| raised.narrow(0, begin, end - begin))
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn outputs_do_not_depend_on_how_the_input_is_cut() {
        let random = |shape: &[usize]| Tensor::rand(-1.0_f32, 1.0, shape, &Device::Cpu).unwrap();
        for (kernel, stride) in [(16, 8), (4, 2), (11, 3), (20, 5), (3, 3)] {
            let (weight, bias) = (random(&[5, 4, kernel]), random(&[4]));
            let layer = Upsampling::new(&weight, bias, stride, 0.1, DType::F32).unwrap();
            let input = random(&[23, 5]);
            let whole = layer
                .layer
                .forward(&input, layer.bias(), Some(0.1))
                .unwrap();
            for size in [1, 2, 5, 23] {
                let (mut stream, mut parts) = (UpsamplingStream::default(), Vec::new());
                for first in (0..23).step_by(size) {
                    let count = size.min(23 - first);
                    let rows = input.narrow(0, first, count).unwrap();
                    let last = first + count == 23;
                    parts.extend(stream.push(&layer, &rows, layer.bias(), last).unwrap());
                }
                let found = Tensor::cat(&parts, 0).unwrap().to_vec2::<f32>().unwrap();
                assert!(
                    found == whole.to_vec2::<f32>().unwrap(),
                    "{kernel} {stride} {size}"
                );
            }
        }
    }
}
