//! An LSTM that reads its input in both directions (Hochreiter and Schmidhuber, 1997).

use candle_core::Tensor;
use kiskadee_nn::Linear;

use crate::error::Result;

pub(crate) struct BiLstm {
    pub(crate) forward: Direction,
    pub(crate) backward: Direction,
}

/// One direction; the gates stand as input, forget, cell, output.
pub(crate) struct Direction {
    /// To `[time, 4 half]`, with both biases.
    pub(crate) input: Linear,
    /// `[half, 4 half]`
    pub(crate) recurrent: Tensor,
}

impl BiLstm {
    /// `[time, in]` to `[time, 2 half]`.
    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let forward = self.forward.run(input, false)?;
        let backward = self.backward.run(input, true)?;
        Ok(Tensor::cat(&[forward, backward], 1)?)
    }
}

impl Direction {
    fn run(&self, input: &Tensor, backward: bool) -> Result<Tensor> {
        let gates = self.input.forward(input)?;
        let device = gates.device().clone();
        let gates: Vec<Vec<f32>> = gates.to_vec2()?;
        let recurrent: Vec<Vec<f32>> = self.recurrent.to_vec2()?;
        let half = recurrent.len();
        let (mut state, mut cell) = (vec![0.0_f32; half], vec![0.0_f32; half]);
        let mut output = vec![0.0; gates.len() * half];
        let times = gates.len();
        for step in 0..times {
            let time = if backward { times - 1 - step } else { step };
            let mut sums = gates[time].clone();
            for (value, weights) in state.iter().zip(&recurrent) {
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    *sum += value * weight;
                }
            }
            for unit in 0..half {
                let gate = |number: usize| sums[number * half + unit];
                cell[unit] = sigmoid(gate(1)) * cell[unit] + sigmoid(gate(0)) * gate(2).tanh();
                state[unit] = sigmoid(gate(3)) * cell[unit].tanh();
            }
            output[time * half..][..half].copy_from_slice(&state);
        }
        Ok(Tensor::from_vec(output, (times, half), &device)?)
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
