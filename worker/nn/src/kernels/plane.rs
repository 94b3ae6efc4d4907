//! Convolutions over bands and time, whose input stands as `[band, time, channel]`.
#![expect(
    clippy::inline_always,
    reason = "what is called inside of a vectorized loop is compiled for its vectors only if it is inlined"
)]

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::tile::{MOST_ROWS, PANEL, Panel, Rows, accumulate, rows_at_once};

/// Features `[bands, frames, channels]`.
#[derive(Clone, Copy)]
pub struct Plane<'a> {
    pub values: &'a [f32],
    pub frames: usize,
    pub channels: usize,
}

impl<'a> Plane<'a> {
    pub fn bands(self) -> usize {
        self.values.len() / (self.frames * self.channels).max(1)
    }

    pub(super) fn band(self, band: usize) -> &'a [f32] {
        let size = self.frames * self.channels;
        &self.values[band * size..][..size]
    }
}

/// What is done to the outputs of a convolution: a bias, and where given a rectifier and behind it a factor and a summand.
pub struct Finish {
    pub bias: Vec<f32>,
    pub rectified: Option<(Vec<f32>, Vec<f32>)>,
}

impl Finish {
    /// Finishes the outputs of a panel at one place, of which there may be fewer than it is wide.
    #[inline(always)]
    pub(super) fn apply(&self, panel: usize, sums: &[f32], output: &mut [f32]) {
        let first = panel * PANEL;
        let bias = &self.bias[first..];
        for ((output, sum), bias) in output.iter_mut().zip(sums).zip(bias) {
            *output = sum + bias;
        }
        if let Some((factors, summands)) = &self.rectified {
            let norm = factors[first..].iter().zip(&summands[first..]);
            for (output, (factor, summand)) in output.iter_mut().zip(norm) {
                *output = output.max(0.0) * factor + summand;
            }
        }
    }
}

/// A convolution of any stride over squares of `side` bands and frames. A square of 3 reaches one place beyond the edges.
pub struct Squares {
    /// `[out / 32, band, frame, in, 32]`, the last panel filled up with zeros.
    weights: Vec<f32>,
    input: usize,
    output: usize,
    side: usize,
    stride: usize,
}

impl Squares {
    /// Packs weights `[out, in, side, side]`.
    pub fn pack(
        weights: &[f32],
        (input, output): (usize, usize),
        side: usize,
        stride: usize,
    ) -> Self {
        let area = side * side;
        let mut packed = vec![0.0; output.next_multiple_of(PANEL) * input * area];
        for (out, weights) in weights.chunks_exact(input * area).enumerate() {
            let panel = &mut packed[out / PANEL * PANEL * input * area..];
            for (i, weight) in weights.iter().enumerate() {
                let (input_channel, tap) = (i / area, i % area);
                panel[(tap * input + input_channel) * PANEL + out % PANEL] = *weight;
            }
        }
        Self {
            weights: packed,
            input,
            output,
            side,
            stride,
        }
    }

    /// Places on one axis of the output, for so many of the input.
    pub fn extent(&self, places: usize) -> usize {
        places.div_ceil(self.stride)
    }

    /// `[bands / stride, frames / stride, out]`, both rounded up.
    pub fn apply(&self, plane: Plane<'_>, finish: &Finish) -> Vec<f32> {
        let frames = self.extent(plane.frames);
        let size = frames * self.output;
        let mut output = vec![0.0; self.extent(plane.bands()) * size];
        let padded = self.pad(plane);
        let bands = output.par_chunks_exact_mut(size.max(1)).enumerate();
        bands.for_each(|(band, output)| {
            Arch::new().dispatch(SquaresBand {
                squares: self,
                input: &padded,
                row: (plane.frames + self.side - 1) * self.input,
                band,
                finish,
                output,
            });
        });
        output
    }

    /// Zeros all around, where the squares reach beyond the edges.
    fn pad(&self, plane: Plane<'_>) -> Vec<f32> {
        let reach = self.side / 2;
        let row = (plane.frames + 2 * reach) * self.input;
        let mut padded = vec![0.0; (plane.bands() + 2 * reach) * row];
        let rows = padded.chunks_exact_mut(row).skip(reach);
        for (band, row) in (0..plane.bands()).zip(rows) {
            let values = plane.band(band);
            row[reach * self.input..][..values.len()].copy_from_slice(values);
        }
        padded
    }
}

/// One band of the output.
struct SquaresBand<'a> {
    squares: &'a Squares,
    input: &'a [f32],
    /// Values of a padded band of the input.
    row: usize,
    band: usize,
    finish: &'a Finish,
    /// `[frames, out]`
    output: &'a mut [f32],
}

impl WithSimd for SquaresBand<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Squares {
            ref weights,
            input: depth,
            output: width,
            side,
            stride,
        } = *self.squares;
        let at_once = rows_at_once::<S>();
        for (number, panel) in weights
            .chunks_exact(side * side * depth * PANEL)
            .enumerate()
        {
            let columns = number * PANEL..width.min((number + 1) * PANEL);
            for (block, output) in self.output.chunks_mut(at_once * width).enumerate() {
                let first = block * at_once;
                let taps = panel.chunks_exact(depth * PANEL).enumerate();
                let terms = taps.map(|(tap, weights)| {
                    let band = self.band * stride + tap / side;
                    let frame = first * stride + tap % side;
                    let rows = Rows {
                        values: &self.input[band * self.row + frame * depth..],
                        stride: stride * depth,
                        depth,
                    };
                    (rows, Panel(weights))
                });
                let mut sums = [0.0; MOST_ROWS * PANEL];
                accumulate(simd, output.len() / width, terms, &mut sums);
                let places = output.chunks_exact_mut(width);
                for (output, sums) in places.zip(sums.chunks_exact(PANEL)) {
                    self.finish
                        .apply(number, sums, &mut output[columns.clone()]);
                }
            }
        }
    }
}
