//! The time loop of a gated recurrent unit in one direction.

use pulp::{Arch, Simd, WithSimd};

use super::exponential::{sigmoid, tanh};
use super::panels::Panels;
use super::tile::PANEL;

/// What the input gives to the reset, update and candidate gates, for all times.
#[derive(Clone, Copy)]
pub struct Gates<'a> {
    /// `[time, stride]`, of which `3 * units` values from `place` on are this direction's.
    pub values: &'a [f32],
    pub stride: usize,
    pub place: usize,
}

/// Runs over all times, from the last to the first where `backward`. `recurrent` is `[units, 3 * units]`, its bias `[3 * units]`: the
/// candidate's part of it stands inside of the reset gate. Gives the states `[time, units]`.
pub fn run_gated(gates: Gates<'_>, recurrent: &Panels, bias: &[f32], backward: bool) -> Vec<f32> {
    Arch::new().dispatch(Run {
        gates,
        recurrent,
        bias,
        backward,
    })
}

struct Run<'a> {
    gates: Gates<'a>,
    recurrent: &'a Panels,
    bias: &'a [f32],
    backward: bool,
}

impl WithSimd for Run<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<f32> {
        let (units, width) = (self.recurrent.input, self.recurrent.output);
        let times = self.gates.values.len() / self.gates.stride.max(1);
        let mut output = vec![0.0; times * units];
        let mut state = vec![0.0; units];
        let mut sums = vec![0.0; width.next_multiple_of(PANEL)];
        for step in 0..times {
            let time = if self.backward {
                times - 1 - step
            } else {
                step
            };
            sums[..width].copy_from_slice(self.bias);
            self.recurrent.add_row(simd, &state, &mut sums);
            let first = time * self.gates.stride + self.gates.place;
            advance(
                &self.gates.values[first..][..width],
                &sums[..width],
                &mut state,
            );
            output[time * units..][..units].copy_from_slice(&state);
        }
        output
    }
}

#[inline(always)]
fn advance(input: &[f32], recurrent: &[f32], state: &mut [f32]) {
    let units = state.len();
    let (of_input, own) = (parts(input, units), parts(recurrent, units));
    for (unit, state) in state.iter_mut().enumerate() {
        let kept = sigmoid(of_input[0][unit] + own[0][unit]);
        let before = sigmoid(of_input[1][unit] + own[1][unit]);
        let candidate = tanh(of_input[2][unit] + kept * own[2][unit]);
        *state = (1.0 - before) * candidate + before * *state;
    }
}

/// Of the reset, update and candidate gates.
#[inline(always)]
fn parts(gates: &[f32], units: usize) -> [&[f32]; 3] {
    [
        &gates[..units],
        &gates[units..2 * units],
        &gates[2 * units..3 * units],
    ]
}
