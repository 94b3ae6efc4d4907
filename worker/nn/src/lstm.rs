//! A long short-term memory that reads its input in both directions (Hochreiter and Schmidhuber, 1997).

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, DType, Layout, Result, Shape, Tensor, bail};

use crate::kernels::{panels::Panels, recurrent};
use crate::{Linear, slice::f32_slice};

/// The parameters of one direction; gates stand as input, forget, cell, output.
pub struct LstmWeights<'a> {
    /// `[4 * units, in]`
    pub input: &'a Tensor,
    /// `[4 * units, units]`
    pub recurrent: &'a Tensor,
    /// The sum of both biases, `[4 * units]`.
    pub bias: &'a Tensor,
}

/// The layer; cheap to clone.
#[derive(Clone)]
pub struct BidirectionalLstm {
    /// To the gates of both directions, `[in, 2 * 4 * units]`.
    input: Linear,
    recurrent: Recurrent,
    units: usize,
}

#[derive(Clone)]
enum Recurrent {
    /// `[units, 4 * units]`, forward and backward.
    Composed([Tensor; 2]),
    Packed(Arc<[Panels; 2]>),
}

impl BidirectionalLstm {
    /// Of f32 weights; computes in `dtype` where the device is a GPU.
    pub fn new(
        forward: &LstmWeights<'_>,
        backward: &LstmWeights<'_>,
        dtype: DType,
    ) -> Result<Self> {
        let (width, units) = forward.recurrent.dims2()?;
        for weights in [forward, backward] {
            if weights.recurrent.dims() != [4 * units, units] || weights.bias.dims() != [width] {
                bail!("an LSTM of {units} units needs recurrent weights [4 units, units]");
            }
        }
        let input = Tensor::cat(&[forward.input, backward.input], 0)?;
        let bias = Tensor::cat(&[forward.bias, backward.bias], 0)?;
        let columns = |weights: &LstmWeights<'_>| weights.recurrent.t()?.contiguous();
        let recurrent = if input.device().is_cpu() {
            let packed = |weights| -> Result<Panels> {
                let values = columns(weights)?.flatten_all()?.to_vec1::<f32>()?;
                Ok(Panels::pack(&values, 1, units, width, 1))
            };
            Recurrent::Packed(Arc::new([packed(forward)?, packed(backward)?]))
        } else {
            let composed = |weights| columns(weights)?.to_dtype(dtype);
            Recurrent::Composed([composed(forward)?, composed(backward)?])
        };
        Ok(Self {
            input: Linear::new(&input.t()?, &bias, dtype)?,
            recurrent,
            units,
        })
    }

    /// `[time, in]` to `[time, 2 * units]`: what has been read before, then what has been read behind.
    pub fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let gates = self.input.forward(input)?;
        match &self.recurrent {
            Recurrent::Packed(panels) => gates.apply_op1_no_bwd(&Both(panels)),
            Recurrent::Composed(weights) => self.composed(&gates, weights),
        }
    }

    fn composed(&self, gates: &Tensor, weights: &[Tensor; 2]) -> Result<Tensor> {
        let (times, width) = (gates.dim(0)?, 4 * self.units);
        let mut both = Vec::new();
        for (direction, weights) in weights.iter().enumerate() {
            let gates = gates.narrow(1, direction * width, width)?;
            let nothing = Tensor::zeros((1, self.units), gates.dtype(), gates.device())?;
            let (mut state, mut cell) = (nothing.clone(), nothing);
            let mut states = Vec::with_capacity(times);
            for step in 0..times {
                let time = if direction == 0 {
                    step
                } else {
                    times - 1 - step
                };
                let sums = (gates.narrow(0, time, 1)? + state.matmul(weights)?)?;
                let gate = |number| sums.narrow(1, number * self.units, self.units);
                let added = (sigmoid(&gate(0)?)? * gate(2)?.tanh()?)?;
                cell = ((sigmoid(&gate(1)?)? * cell)? + added)?;
                state = (sigmoid(&gate(3)?)? * cell.tanh()?)?;
                states.push(state.clone());
            }
            if direction == 1 {
                states.reverse();
            }
            both.push(Tensor::cat(&states, 0)?);
        }
        Tensor::cat(&both, 1)
    }
}

pub(crate) fn sigmoid(x: &Tensor) -> Result<Tensor> {
    (x.neg()?.exp()? + 1.0)?.recip()
}

struct Both<'a>(&'a [Panels; 2]);

impl CustomOp1 for Both<'_> {
    fn name(&self) -> &'static str {
        "bidirectional-lstm"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (times, stride) = layout.shape().dims2()?;
        let gates = f32_slice(storage, layout)?;
        let [forward, backward] = self.0;
        let (before, behind) = rayon::join(
            || run(gates, stride, 0, forward, false),
            || run(gates, stride, stride / 2, backward, true),
        );
        let units = forward.input;
        let mut output = Vec::with_capacity(2 * times * units);
        let rows = before.chunks_exact(units).zip(behind.chunks_exact(units));
        for (before, behind) in rows {
            output.extend_from_slice(before);
            output.extend_from_slice(behind);
        }
        Ok((CpuStorage::F32(output), (times, 2 * units).into()))
    }
}

/// From nothing to the end.
fn run(gates: &[f32], stride: usize, place: usize, recurrent: &Panels, backward: bool) -> Vec<f32> {
    let mut memory = recurrent::Memory::empty(recurrent.input);
    recurrent::run(gates, stride, place, recurrent, backward, &mut memory)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::difference::assert_near;

    #[test]
    fn the_kernel_gives_what_the_composed_form_gives() {
        let random = |shape: &[usize]| Tensor::rand(-0.5_f32, 0.5, shape, &Device::Cpu).unwrap();
        for (times, input, units) in [(1, 3, 1), (40, 24, 16), (9, 5, 7)] {
            let part = || {
                let recurrent = random(&[4 * units, units]);
                (random(&[4 * units, input]), recurrent, random(&[4 * units]))
            };
            let (first, second) = (part(), part());
            let forward = LstmWeights {
                input: &first.0,
                recurrent: &first.1,
                bias: &first.2,
            };
            let backward = LstmWeights {
                input: &second.0,
                recurrent: &second.1,
                bias: &second.2,
            };
            let layer = BidirectionalLstm::new(&forward, &backward, DType::F32).unwrap();
            let columns = |tensor: &Tensor| tensor.t().unwrap().contiguous().unwrap();
            let composed = BidirectionalLstm {
                recurrent: Recurrent::Composed([columns(&first.1), columns(&second.1)]),
                ..layer.clone()
            };
            let x = random(&[times, input]);
            assert_near(
                &layer.forward(&x).unwrap(),
                &composed.forward(&x).unwrap(),
                1e-5,
            );
        }
    }
}
