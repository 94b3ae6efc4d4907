//! Weights packed for the inner loop: matrices, and convolutions over time as a sum of products, one for each tap.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::tile::{MOST_ROWS, PANEL, Panel, Rows, accumulate, rows_at_once};

/// Rows that one thread works on before it takes the next ones. With fewer in all, threads share the outputs instead.
const ROWS_AT_ONCE: usize = 96;

/// The weights of a linear layer (one tap), or of a convolution whose input stands as `[time, channel]`.
pub struct Panels {
    /// `[out / 32, tap, in, 32]`, the last panel filled up with zeros.
    weights: Vec<f32>,
    pub taps: usize,
    pub input: usize,
    pub output: usize,
    pub dilation: usize,
}

impl Panels {
    /// Packs weights `[tap, in, out]`.
    pub fn pack(
        weights: &[f32],
        taps: usize,
        input: usize,
        output: usize,
        dilation: usize,
    ) -> Self {
        let size = taps * input * PANEL;
        let mut packed = vec![0.0; size * output.div_ceil(PANEL)];
        packed
            .par_chunks_exact_mut(size)
            .enumerate()
            .for_each(|(number, panel)| {
                let columns = columns(number, output);
                let rows = weights.chunks_exact(output);
                for (packed, row) in panel.chunks_exact_mut(PANEL).zip(rows) {
                    packed[..columns.len()].copy_from_slice(&row[columns.clone()]);
                }
            });
        Self {
            weights: packed,
            taps,
            input,
            output,
            dilation,
        }
    }

    /// Rows of input that an output looks at beyond the first.
    pub fn reach(&self) -> usize {
        (self.taps - 1) * self.dilation
    }

    /// `input` `[rows + reach, in]` to `[rows, out]`. Each output begins with the bias and, where given, the residual `[rows, out]`.
    pub fn apply(&self, input: &[f32], bias: &[f32], residual: Option<&[f32]>) -> Vec<f32> {
        let rows = (input.len() / self.input).saturating_sub(self.reach());
        let mut output = vec![0.0; rows * self.output];
        let product = Product {
            panels: self,
            input,
            bias,
            residual,
        };
        if rows > ROWS_AT_ONCE {
            product.by_rows(&mut output);
        } else {
            product.by_panels(rows, &mut output);
        }
        output
    }

    /// Adds the product with one row of a matrix to `sums`, filled up to whole panels; on this thread.
    #[inline(always)]
    pub(super) fn add_row<S: Simd>(&self, simd: S, row: &[f32], sums: &mut [f32]) {
        for (number, sums) in sums.chunks_exact_mut(PANEL).enumerate() {
            let rows = Rows {
                values: row,
                stride: self.input,
                depth: self.input,
            };
            let term = (rows, Panel(self.panel(number)));
            accumulate(simd, 1, std::iter::once(term), sums);
        }
    }

    fn panel(&self, number: usize) -> &[f32] {
        let size = self.taps * self.input * PANEL;
        &self.weights[number * size..][..size]
    }
}

/// The outputs of a panel.
fn columns(panel: usize, width: usize) -> Range<usize> {
    panel * PANEL..width.min((panel + 1) * PANEL)
}

#[derive(Clone, Copy)]
struct Product<'a> {
    panels: &'a Panels,
    input: &'a [f32],
    bias: &'a [f32],
    residual: Option<&'a [f32]>,
}

impl Product<'_> {
    fn by_rows(self, output: &mut [f32]) {
        let width = self.panels.output;
        let numbers = 0..width.div_ceil(PANEL);
        let work = |(block, output): (usize, &mut [f32])| {
            let first = block * ROWS_AT_ONCE;
            for panel in numbers.clone() {
                Arch::new().dispatch(PanelRows {
                    product: self,
                    panel,
                    rows: first..first + output.len() / width,
                    output: &mut *output,
                    columns: columns(panel, width),
                    stride: width,
                });
            }
        };
        let size = ROWS_AT_ONCE * width;
        output.par_chunks_mut(size).enumerate().for_each(work);
    }

    fn by_panels(self, rows: usize, output: &mut [f32]) {
        let width = self.panels.output;
        let mut apart = vec![0.0; rows * width.next_multiple_of(PANEL)];
        let work = |(panel, output): (usize, &mut [f32])| {
            Arch::new().dispatch(PanelRows {
                product: self,
                panel,
                rows: 0..rows,
                output,
                columns: 0..columns(panel, width).len(),
                stride: PANEL,
            });
        };
        let size = (rows * PANEL).max(1);
        apart.par_chunks_mut(size).enumerate().for_each(work);
        for (panel, values) in apart.chunks_exact(size).enumerate() {
            let columns = columns(panel, width);
            for (row, values) in output
                .chunks_exact_mut(width)
                .zip(values.chunks_exact(PANEL))
            {
                row[columns.clone()].copy_from_slice(&values[..columns.len()]);
            }
        }
    }
}

/// Some rows of a panel's outputs.
struct PanelRows<'a> {
    product: Product<'a>,
    panel: usize,
    rows: Range<usize>,
    output: &'a mut [f32],
    /// Where the outputs stand in a row of `output`, which is `stride` long.
    columns: Range<usize>,
    stride: usize,
}

impl WithSimd for PanelRows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let weights = self.product.panels.panel(self.panel);
        let at_once = rows_at_once::<S>();
        for first in self.rows.clone().step_by(at_once) {
            let count = at_once.min(self.rows.end - first);
            let mut sums = [0.0; MOST_ROWS * PANEL];
            self.begin(first, count, &mut sums);
            accumulate(simd, count, self.terms(weights, first), &mut sums);
            for (m, sums) in sums.chunks_exact(PANEL).take(count).enumerate() {
                let row = &mut self.output[(first - self.rows.start + m) * self.stride..];
                row[self.columns.clone()].copy_from_slice(&sums[..self.columns.len()]);
            }
        }
    }
}

impl PanelRows<'_> {
    #[inline(always)]
    fn begin(&self, first: usize, count: usize, sums: &mut [f32]) {
        let width = self.product.panels.output;
        let columns = columns(self.panel, width);
        for (m, sums) in sums.chunks_exact_mut(PANEL).take(count).enumerate() {
            sums[..columns.len()].copy_from_slice(&self.product.bias[columns.clone()]);
            if let Some(residual) = self.product.residual {
                let residual = &residual[(first + m) * width..][columns.clone()];
                let pairs = sums.iter_mut().zip(residual);
                pairs.for_each(|(sum, value)| *sum += value);
            }
        }
    }

    #[inline(always)]
    fn terms<'a>(
        &'a self,
        weights: &'a [f32],
        first: usize,
    ) -> impl Iterator<Item = (Rows<'a>, Panel<'a>)> {
        let Panels {
            input: depth,
            dilation,
            ..
        } = *self.product.panels;
        let taps = weights.chunks_exact(depth * PANEL).enumerate();
        taps.map(move |(tap, weights)| {
            let rows = Rows {
                values: &self.product.input[(first + tap * dilation) * depth..],
                stride: depth,
                depth,
            };
            (rows, Panel(weights))
        })
    }
}
