//! Some outputs in a row: the transformation of what they look at, the products, and what is made of them.

use std::{array, marker::PhantomData};

use pulp::{Simd, WithSimd};

use super::{
    ToomCook,
    schemes::{OUTPUTS, Scheme},
};
use crate::kernels::curve::Front;
use crate::kernels::tile::{MOST_ROWS, PANEL, Panel, Rows, accumulate, rows_at_once};

/// Memory that a thread uses again and again.
#[derive(Default)]
pub(super) struct Scratch {
    /// Rows of one interleaved sequence, behind what stands in front, `[row, depth]`.
    rows: Vec<f32>,
    /// Left factors of the products, `[sequence, product, window, depth]`.
    factors: Vec<f32>,
}

/// Some times of the output.
pub(super) struct Chunk<'a> {
    pub(super) convolution: &'a ToomCook,
    /// `[time, in]`, all of them.
    pub(super) input: &'a [f32],
    pub(super) times: usize,
    /// The first time of the output.
    pub(super) first: usize,
    pub(super) front: Front<'a>,
    pub(super) bias: &'a [f32],
    pub(super) residual: Option<&'a [f32]>,
    /// `[time, out]`
    pub(super) output: &'a mut [f32],
    pub(super) scratch: &'a mut Scratch,
}

pub(super) struct Work<'a, K, const N: usize, const R: usize>(
    pub(super) Chunk<'a>,
    pub(super) PhantomData<K>,
);

impl<K: Scheme<N, R>, const N: usize, const R: usize> WithSimd for Work<'_, K, N, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self(mut chunk, _) = self;
        let ToomCook {
            ref weights,
            taps,
            output: width,
            dilation,
            ..
        } = *chunk.convolution;
        let (depth, pieces) = (chunk.convolution.depth(), taps.div_ceil(R));
        let longest = (chunk.output.len() / width).div_ceil(dilation);
        let tiles = longest.div_ceil(OUTPUTS);
        let windows = tiles + pieces - 1;
        chunk.transform::<S, K, N, R>(simd, windows);
        let at_once = rows_at_once::<S>();
        let mut products = [[0.0; MOST_ROWS * PANEL]; N];
        let factors = std::mem::take(&mut chunk.scratch.factors);
        for (number, panel) in weights.chunks_exact(N * pieces * depth * PANEL).enumerate() {
            for (sequence, factors) in factors.chunks_exact(N * windows * depth).enumerate() {
                for first in (0..tiles).step_by(at_once) {
                    let count = at_once.min(tiles - first);
                    let parts = panel.chunks_exact(pieces * depth * PANEL);
                    let factors = factors.chunks_exact(windows * depth);
                    for ((weights, factors), sums) in parts.zip(factors).zip(&mut products) {
                        sums.fill(0.0);
                        let pieces = weights.chunks_exact(depth * PANEL).enumerate();
                        let terms = pieces.map(|(piece, weights)| {
                            let rows = Rows {
                                values: &factors[(first + piece) * depth..],
                                stride: depth,
                                depth,
                            };
                            (rows, Panel(weights))
                        });
                        accumulate(simd, count, terms, sums);
                    }
                    for tile in 0..count {
                        let outputs = tile_outputs(simd, &K::OUTPUTS, &products, tile);
                        let time = sequence + (first + tile) * OUTPUTS * dilation;
                        chunk.finish(number, time, &outputs);
                    }
                }
            }
        }
        chunk.scratch.factors = factors;
    }
}

impl Chunk<'_> {
    /// Makes the left factors.
    #[inline(always)]
    fn transform<S: Simd, K: Scheme<N, R>, const N: usize, const R: usize>(
        &mut self,
        simd: S,
        windows: usize,
    ) {
        let ToomCook { dilation, .. } = *self.convolution;
        let depth = self.convolution.depth();
        let mut rows = std::mem::take(&mut self.scratch.rows);
        let mut factors = std::mem::take(&mut self.scratch.factors);
        rows.resize(((windows - 1) * OUTPUTS + N) * depth, 0.0);
        factors.resize(dilation * N * windows * depth, 0.0);
        for (sequence, factors) in factors.chunks_exact_mut(N * windows * depth).enumerate() {
            self.gather(simd, sequence, &mut rows);
            for window in 0..windows {
                let rows = &rows[window * OUTPUTS * depth..][..N * depth];
                for place in (0..depth).step_by(S::F32_LANES) {
                    let inputs: [S::f32s; N] =
                        array::from_fn(|i| load(simd, &rows[i * depth + place..]));
                    for (product, weights) in K::INPUTS.iter().enumerate() {
                        let factor = weighted(simd, weights, &inputs);
                        let place = (product * windows + window) * depth + place;
                        simd.partial_store_f32s(&mut factors[place..][..S::F32_LANES], factor);
                    }
                }
            }
        }
        self.scratch.rows = rows;
        self.scratch.factors = factors;
    }

    /// Copies the rows that a sequence looks at, behind what stands in front; zeros where there are none.
    #[inline(always)]
    fn gather<S: Simd>(&self, simd: S, sequence: usize, rows: &mut [f32]) {
        let ToomCook {
            taps,
            input: channels,
            dilation,
            ..
        } = *self.convolution;
        let before = (taps - 1) / 2 * dilation;
        let rows = rows.chunks_exact_mut(self.convolution.depth());
        for (number, row) in rows.enumerate() {
            let time = (self.first + sequence + number * dilation).checked_sub(before);
            match time.filter(|time| *time < self.times) {
                Some(time) => {
                    let input = &self.input[time * channels..][..channels];
                    self.front.row(simd, input, row);
                }
                None => row.fill(0.0),
            }
        }
    }

    /// Writes a tile's outputs of one panel; `time` is that of the first, from the beginning of the chunk.
    #[inline(always)]
    fn finish(&mut self, panel: usize, time: usize, outputs: &[[f32; PANEL]; OUTPUTS]) {
        let ToomCook {
            output: width,
            dilation,
            ..
        } = *self.convolution;
        let columns = panel * PANEL..width.min((panel + 1) * PANEL);
        for (number, sums) in outputs.iter().enumerate() {
            let place = (time + number * dilation) * width;
            let Some(row) = self.output.get_mut(place..place + width) else {
                return;
            };
            let row = row[columns.clone()].iter_mut();
            let terms = row.zip(sums).zip(&self.bias[columns.clone()]);
            match self.residual {
                Some(residual) => {
                    let residual = &residual[self.first * width + place..][columns.clone()];
                    for (((value, sum), bias), residual) in terms.zip(residual) {
                        *value = sum + bias + residual;
                    }
                }
                None => terms.for_each(|((value, sum), bias)| *value = sum + bias),
            }
        }
    }
}

/// Makes the outputs of a tile out of its products, for all channels of a panel.
#[inline(always)]
fn tile_outputs<S: Simd, const N: usize>(
    simd: S,
    weights: &[[f32; N]; OUTPUTS],
    products: &[[f32; MOST_ROWS * PANEL]; N],
    tile: usize,
) -> [[f32; PANEL]; OUTPUTS] {
    let mut outputs = [[0.0; PANEL]; OUTPUTS];
    for place in (0..PANEL).step_by(S::F32_LANES) {
        let products: [S::f32s; N] =
            array::from_fn(|i| load(simd, &products[i][tile * PANEL + place..]));
        for (output, weights) in outputs.iter_mut().zip(weights) {
            let sum = weighted(simd, weights, &products);
            simd.partial_store_f32s(&mut output[place..place + S::F32_LANES], sum);
        }
    }
    outputs
}

#[inline(always)]
fn load<S: Simd>(simd: S, values: &[f32]) -> S::f32s {
    simd.partial_load_f32s(&values[..S::F32_LANES])
}

/// A sum with constant weights, of which many are nothing.
#[inline(always)]
fn weighted<S: Simd, const N: usize>(
    simd: S,
    weights: &[f32; N],
    values: &[S::f32s; N],
) -> S::f32s {
    let mut sum = simd.splat_f32s(0.0);
    for (weight, value) in weights.iter().zip(values) {
        if *weight != 0.0 {
            sum = simd.mul_add_f32s(*value, simd.splat_f32s(*weight), sum);
        }
    }
    sum
}
