//! The time loop of an LSTM in one direction.

use pulp::{Arch, Simd, WithSimd};

use super::exponential::{sigmoid, tanh};
use super::panels::Panels;
use super::tile::PANEL;

/// What an LSTM carries from one time to the next.
#[derive(Debug, Clone)]
pub struct Memory {
    pub state: Vec<f32>,
    pub cell: Vec<f32>,
}

impl Memory {
    /// Before anything was read.
    pub fn empty(units: usize) -> Self {
        let nothing = vec![0.0; units];
        Self {
            state: nothing.clone(),
            cell: nothing,
        }
    }
}

/// Runs over gates `[time, stride]`, of which `4 * units` values from `place` on are what the input gives to the input, forget, cell and output
/// gates; `recurrent` is `[units, 4 * units]`. Gives the states `[time, units]`, and leaves the last in `memory`.
pub fn run(
    gates: &[f32],
    stride: usize,
    place: usize,
    recurrent: &Panels,
    backward: bool,
    memory: &mut Memory,
) -> Vec<f32> {
    Arch::new().dispatch(Run {
        gates,
        stride,
        place,
        recurrent,
        backward,
        memory,
    })
}

struct Run<'a> {
    gates: &'a [f32],
    stride: usize,
    place: usize,
    recurrent: &'a Panels,
    backward: bool,
    memory: &'a mut Memory,
}

impl WithSimd for Run<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<f32> {
        let (units, width) = (self.recurrent.input, self.recurrent.output);
        let times = self.gates.len() / self.stride.max(1);
        let mut output = vec![0.0; times * units];
        let Memory { state, cell } = self.memory;
        let mut sums = vec![0.0; width.next_multiple_of(PANEL)];
        for step in 0..times {
            let time = if self.backward {
                times - 1 - step
            } else {
                step
            };
            sums[..width].copy_from_slice(&self.gates[time * self.stride + self.place..][..width]);
            self.recurrent.add_row(simd, state, &mut sums);
            advance(&sums[..width], cell, state);
            output[time * units..][..units].copy_from_slice(state);
        }
        output
    }
}

#[inline(always)]
fn advance(sums: &[f32], cell: &mut [f32], state: &mut [f32]) {
    let units = cell.len();
    let (input, rest) = sums.split_at(units);
    let (forget, rest) = rest.split_at(units);
    let (candidate, output) = rest.split_at(units);
    for (unit, (cell, state)) in cell.iter_mut().zip(state).enumerate() {
        *cell = sigmoid(forget[unit]) * *cell + sigmoid(input[unit]) * tanh(candidate[unit]);
        *state = sigmoid(output[unit]) * tanh(*cell);
    }
}
