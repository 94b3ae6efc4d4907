//! Convolutions over time with half the multiplications (Toom-Cook; Winograd, "Arithmetic Complexity of Computations", 1980).
//!
//! Four outputs of three taps are made of six products instead of twelve, four of four taps of seven instead of sixteen. Longer kernels
//! are cut into pieces of four taps, whose products are added up before they are turned into outputs. With a dilation of d, every d-th
//! row is a sequence of its own. Tiles are counted from the first row, so results depend on nothing but the whole input.

use std::{array, marker::PhantomData};

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::curve::Front;
use super::tile::{MOST_ROWS, PANEL, Panel, Rows, accumulate, rows_at_once};

/// Outputs of a tile.
const OUTPUTS: usize = 4;
/// Channels are filled up with zeros to whole vectors of the widest kind.
const ALIGNMENT: usize = 16;
/// Tiles that are worked on together, about: what belongs to them stays in the second cache.
const TILES_AT_ONCE: usize = 60;

/// The matrices of one way to make a tile of `N` products; `R` taps. The points were chosen for small errors among 0, ±1/2, ±1, ±2.
trait Scheme<const N: usize, const R: usize> {
    /// What taps weigh in each product.
    const TAPS: [[f64; R]; N];
    /// What inputs weigh in each product.
    const INPUTS: [[f32; N]; N];
    /// What products weigh in each output.
    const OUTPUTS: [[f32; N]; OUTPUTS];
}

/// At 0, 1, -1, 1/2, -2 and infinity.
struct OfThree;

impl Scheme<6, 3> for OfThree {
    const TAPS: [[f64; 3]; 6] = [
        [2.0, 0.0, 0.0],
        [2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0],
        [-2.0 / 3.0, 2.0 / 3.0, -2.0 / 3.0],
        [-32.0 / 15.0, -16.0 / 15.0, -8.0 / 15.0],
        [1.0 / 15.0, -2.0 / 15.0, 4.0 / 15.0],
        [0.0, 0.0, 2.0],
    ];
    const INPUTS: [[f32; 6]; 6] = [
        [0.5, -0.75, -1.0, 0.75, 0.5, 0.0],
        [0.0, -0.5, 0.25, 1.25, 0.5, 0.0],
        [0.0, 0.5, -1.25, 0.25, 0.5, 0.0],
        [0.0, -1.0, -0.5, 1.0, 0.5, 0.0],
        [0.0, 0.5, -1.0, -0.5, 1.0, 0.0],
        [0.0, 0.5, -0.75, -1.0, 0.75, 0.5],
    ];
    const OUTPUTS: [[f32; 6]; OUTPUTS] = [
        [1.0, 1.0, 1.0, 1.0, 1.0, 0.0],
        [0.0, 1.0, -1.0, 0.5, -2.0, 0.0],
        [0.0, 1.0, 1.0, 0.25, 4.0, 0.0],
        [0.0, 1.0, -1.0, 0.125, -8.0, 1.0],
    ];
}

/// At 0, 1, -1, 2, -2, 1/2 and infinity.
struct OfFour;

impl Scheme<7, 4> for OfFour {
    const TAPS: [[f64; 4]; 7] = [
        [-2.0, 0.0, 0.0, 0.0],
        [-4.0 / 3.0, -4.0 / 3.0, -4.0 / 3.0, -4.0 / 3.0],
        [8.0 / 9.0, -8.0 / 9.0, 8.0 / 9.0, -8.0 / 9.0],
        [1.0 / 18.0, 1.0 / 9.0, 2.0 / 9.0, 4.0 / 9.0],
        [-1.0 / 30.0, 1.0 / 15.0, -2.0 / 15.0, 4.0 / 15.0],
        [128.0 / 45.0, 64.0 / 45.0, 32.0 / 45.0, 16.0 / 45.0],
        [0.0, 0.0, 0.0, 4.0],
    ];
    const INPUTS: [[f32; 7]; 7] = [
        [-0.5, 1.0, 0.625, -1.25, -0.125, 0.25, 0.0],
        [0.0, 0.5, -0.5, -1.125, 0.125, 0.25, 0.0],
        [0.0, -0.25, 0.75, -0.4375, -0.1875, 0.125, 0.0],
        [0.0, 0.5, -0.75, -1.0, 0.75, 0.5, 0.0],
        [0.0, -0.5, 1.25, 0.0, -1.25, 0.5, 0.0],
        [0.0, 1.0, 0.0, -1.25, 0.0, 0.25, 0.0],
        [0.0, -0.5, 1.0, 0.625, -1.25, -0.125, 0.25],
    ];
    const OUTPUTS: [[f32; 7]; OUTPUTS] = [
        [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0],
        [0.0, 1.0, -1.0, 2.0, -2.0, 0.5, 0.0],
        [0.0, 1.0, 1.0, 4.0, 4.0, 0.25, 0.0],
        [0.0, 1.0, -1.0, 8.0, -8.0, 0.125, 1.0],
    ];
}

/// A convolution of stride 1 and an odd number of taps from 3 on, whose output is as long as its input: zeros stand around the input.
pub struct ToomCook {
    /// `[out / 32, product, piece, depth, 32]`, filled up with zeros.
    weights: Vec<f32>,
    taps: usize,
    input: usize,
    output: usize,
    dilation: usize,
}

impl ToomCook {
    /// Transforms and packs weights `[tap, in, out]`.
    pub fn pack(
        weights: &[f32],
        taps: usize,
        (input, output): (usize, usize),
        dilation: usize,
    ) -> Self {
        let mut made = Self {
            weights: Vec::new(),
            taps,
            input,
            output,
            dilation,
        };
        made.weights = if taps == 3 {
            made.transformed::<OfThree, 6, 3>(weights)
        } else {
            made.transformed::<OfFour, 7, 4>(weights)
        };
        made
    }

    fn transformed<K: Scheme<N, R>, const N: usize, const R: usize>(
        &self,
        weights: &[f32],
    ) -> Vec<f32> {
        let (pieces, depth) = (self.taps.div_ceil(R), self.depth());
        let size = N * pieces * depth * PANEL;
        let mut packed = vec![0.0; size * self.output.div_ceil(PANEL)];
        let panels = packed.par_chunks_exact_mut(size).enumerate();
        panels.for_each(|(number, panel)| {
            let rows = panel.chunks_exact_mut(PANEL).enumerate();
            for (place, row) in rows {
                let (product, piece, channel) = (
                    place / depth / pieces,
                    place / depth % pieces,
                    place % depth,
                );
                if channel >= self.input {
                    continue;
                }
                let columns = number * PANEL..self.output.min((number + 1) * PANEL);
                for (value, column) in row.iter_mut().zip(columns) {
                    let taps = (piece * R..self.taps).zip(K::TAPS[product]);
                    let terms = taps.map(|(tap, factor)| {
                        let place = (tap * self.input + channel) * self.output + column;
                        f64::from(weights[place]) * factor
                    });
                    *value = terms.sum::<f64>() as f32;
                }
            }
        });
        packed
    }

    /// Of the input and of the output.
    pub fn channels(&self) -> (usize, usize) {
        (self.input, self.output)
    }

    /// Channels of the input, filled up.
    fn depth(&self) -> usize {
        self.input.next_multiple_of(ALIGNMENT)
    }

    /// `[time, in]` to `[time, out]`: behind what stands in front, with the bias and, where given, the residual `[time, out]` added.
    pub fn apply(
        &self,
        input: &[f32],
        front: Front<'_>,
        bias: &[f32],
        residual: Option<&[f32]>,
    ) -> Vec<f32> {
        let times = input.len() / self.input.max(1);
        let mut output = vec![0.0; times * self.output];
        // Whole blocks of tiles for each of the interleaved sequences.
        let tiles = (TILES_AT_ONCE / self.dilation / MOST_ROWS).max(1) * MOST_ROWS;
        let size = self.dilation * OUTPUTS * tiles;
        let parts = output.par_chunks_mut(size * self.output).enumerate();
        parts.for_each_init(Scratch::default, |scratch, (number, output)| {
            let chunk = Chunk {
                convolution: self,
                input,
                times,
                first: number * size,
                front,
                bias,
                residual,
                output,
                scratch,
            };
            if self.taps == 3 {
                Arch::new().dispatch(Work::<OfThree, 6, 3>(chunk, PhantomData));
            } else {
                Arch::new().dispatch(Work::<OfFour, 7, 4>(chunk, PhantomData));
            }
        });
        output
    }
}

/// Memory that a thread uses again and again.
#[derive(Default)]
struct Scratch {
    /// Rows of one interleaved sequence, behind what stands in front, `[row, depth]`.
    rows: Vec<f32>,
    /// Left factors of the products, `[sequence, product, window, depth]`.
    factors: Vec<f32>,
}

/// Some times of the output.
struct Chunk<'a> {
    convolution: &'a ToomCook,
    /// `[time, in]`, all of them.
    input: &'a [f32],
    times: usize,
    /// The first time of the output.
    first: usize,
    front: Front<'a>,
    bias: &'a [f32],
    residual: Option<&'a [f32]>,
    /// `[time, out]`
    output: &'a mut [f32],
    scratch: &'a mut Scratch,
}

struct Work<'a, K, const N: usize, const R: usize>(Chunk<'a>, PhantomData<K>);

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
        let times = chunk.output.len() / width;
        let tiles = times.div_ceil(dilation).div_ceil(OUTPUTS);
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
