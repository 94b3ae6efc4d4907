//! A gated recurrent unit that reads its input in both directions (Cho et al., 2014), with torch's candidate.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, DType, Layout, Result, Shape, Tensor, bail};

use crate::kernels::{
    gated::{Gates, run_gated},
    panels::Panels,
};
use crate::{Linear, lstm::sigmoid, slice::f32_slice};

/// The parameters of one direction; gates stand as reset, update, candidate.
pub struct GruWeights<'a> {
    /// `[3 * units, in]` and its bias `[3 * units]`.
    pub input: &'a Tensor,
    pub input_bias: &'a Tensor,
    /// `[3 * units, units]` and its bias `[3 * units]`.
    pub recurrent: &'a Tensor,
    pub recurrent_bias: &'a Tensor,
}

/// The layer; cheap to clone.
#[derive(Clone)]
pub struct BidirectionalGru {
    /// To the gates of both directions, `[in, 2 * 3 * units]`.
    input: Linear,
    recurrent: Recurrent,
    units: usize,
}

/// Weights `[units, 3 * units]` and biases, forward and backward.
#[derive(Clone)]
enum Recurrent {
    Composed([(Tensor, Tensor); 2]),
    Packed(Arc<[(Panels, Vec<f32>); 2]>),
}

impl BidirectionalGru {
    /// Of f32 weights; computes in `dtype` where the device is a GPU.
    pub fn new(forward: &GruWeights<'_>, backward: &GruWeights<'_>, dtype: DType) -> Result<Self> {
        let (width, units) = forward.recurrent.dims2()?;
        for weights in [forward, backward] {
            let fits = weights.recurrent.dims() == [3 * units, units]
                && weights.input_bias.dims() == [width]
                && weights.recurrent_bias.dims() == [width];
            if !fits {
                bail!("a GRU of {units} units needs recurrent weights [3 units, units]");
            }
        }
        let input = Tensor::cat(&[forward.input, backward.input], 0)?;
        let bias = Tensor::cat(&[forward.input_bias, backward.input_bias], 0)?;
        let columns = |weights: &GruWeights<'_>| weights.recurrent.t()?.contiguous();
        let recurrent = if input.device().is_cpu() {
            let packed = |weights: &GruWeights<'_>| -> Result<_> {
                let values = columns(weights)?.flatten_all()?.to_vec1::<f32>()?;
                let panels = Panels::pack(&values, 1, units, width, 1);
                Ok((panels, weights.recurrent_bias.to_vec1()?))
            };
            Recurrent::Packed(Arc::new([packed(forward)?, packed(backward)?]))
        } else {
            let composed = |weights: &GruWeights<'_>| -> Result<_> {
                let bias = weights.recurrent_bias.to_dtype(dtype)?;
                Ok((columns(weights)?.to_dtype(dtype)?, bias))
            };
            Recurrent::Composed([composed(forward)?, composed(backward)?])
        };
        Ok(Self {
            input: Linear::new(&input.t()?.contiguous()?, &bias, dtype)?,
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

    fn composed(&self, gates: &Tensor, weights: &[(Tensor, Tensor); 2]) -> Result<Tensor> {
        let (times, units) = (gates.dim(0)?, self.units);
        let mut both = Vec::new();
        for (direction, (weight, bias)) in weights.iter().enumerate() {
            let gates = gates.narrow(1, direction * 3 * units, 3 * units)?;
            let mut state = Tensor::zeros((1, units), gates.dtype(), gates.device())?;
            let mut states = Vec::with_capacity(times);
            for step in 0..times {
                let time = if direction == 0 {
                    step
                } else {
                    times - 1 - step
                };
                let input = gates.narrow(0, time, 1)?;
                let recurrent = state.matmul(weight)?.broadcast_add(bias)?;
                let part = |rows: &Tensor, number: usize| rows.narrow(1, number * units, units);
                let gate = |number| sigmoid(&(part(&input, number)? + part(&recurrent, number)?)?);
                let (reset, update) = (gate(0)?, gate(1)?);
                let candidate = (part(&input, 2)? + (reset * part(&recurrent, 2)?)?)?.tanh()?;
                // (1 - update) * candidate + update * state
                state = (&candidate + (update * (&state - &candidate)?)?)?;
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

struct Both<'a>(&'a [(Panels, Vec<f32>); 2]);

impl CustomOp1 for Both<'_> {
    fn name(&self) -> &'static str {
        "bidirectional-gru"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (times, stride) = layout.shape().dims2()?;
        let values = f32_slice(storage, layout)?;
        let [forward, backward] = self.0;
        let run = |(panels, bias): &(Panels, Vec<f32>), place, backward| {
            let gates = Gates {
                values,
                stride,
                place,
            };
            run_gated(gates, panels, bias, backward)
        };
        let (before, behind) = rayon::join(
            || run(forward, 0, false),
            || run(backward, stride / 2, true),
        );
        let units = forward.0.input;
        let rows = before.chunks_exact(units).zip(behind.chunks_exact(units));
        let output: Vec<f32> = rows.flat_map(|(a, b)| a.iter().chain(b)).copied().collect();
        Ok((CpuStorage::F32(output), (times, 2 * units).into()))
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
        for (times, input, units) in [(1, 3, 2), (37, 24, 12), (90, 16, 40)] {
            let tensors: Vec<[Tensor; 4]> = (0..2)
                .map(|_| {
                    [
                        random(&[3 * units, input]),
                        random(&[3 * units]),
                        // Small, or the states would not forget what they differ by.
                        (random(&[3 * units, units]) * 0.1).unwrap(),
                        random(&[3 * units]),
                    ]
                })
                .collect();
            let weights = |number: usize| {
                let [input, input_bias, recurrent, recurrent_bias] = &tensors[number];
                GruWeights {
                    input,
                    input_bias,
                    recurrent,
                    recurrent_bias,
                }
            };
            let packed = BidirectionalGru::new(&weights(0), &weights(1), DType::F32).unwrap();
            let columns = |n: usize| tensors[n][2].t().unwrap().contiguous().unwrap();
            let both = [0, 1].map(|n| (columns(n), tensors[n][3].clone()));
            let composed = BidirectionalGru {
                recurrent: Recurrent::Composed(both),
                ..packed.clone()
            };
            let x = random(&[times, input]);
            assert_near(
                &packed.forward(&x).unwrap(),
                &composed.forward(&x).unwrap(),
                5e-6,
            );
        }
    }
}
