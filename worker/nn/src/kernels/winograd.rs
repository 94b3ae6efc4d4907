//! Convolutions of 3 by 3 with half the multiplications (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016).
//!
//! Four outputs in a row over the time are made of six products instead of twelve (F(4, 3)). Over the bands the three taps are
//! added up as they are: so a band is transformed once for all that look at it, and little of the precision is lost.
#![expect(
    clippy::inline_always,
    reason = "what is called inside of a vectorized loop is compiled for its vectors only if it is inlined"
)]

use std::array;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::plane::{Finish, Plane};
use super::tile::{PANEL, Panel, Rows, accumulate, rows_at_once};

const TAPS: usize = 3;
/// Outputs of a tile.
const OUTPUTS: usize = 4;
/// Inputs of a tile, and products.
const INPUTS: usize = OUTPUTS + TAPS - 1;

/// What the three taps weigh in each product.
const TAP_TRANSFORM: [[f64; TAPS]; INPUTS] = [
    [1.0 / 4.0, 0.0, 0.0],
    [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
    [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
    [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
    [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
    [0.0, 0.0, 1.0],
];

/// A convolution of stride 1 that reaches one place beyond all edges.
pub struct Winograd {
    /// `[out / 32, product, band, in, 32]`, the last panel filled up with zeros.
    weights: Vec<f32>,
    input: usize,
    output: usize,
}

impl Winograd {
    /// Transforms and packs weights `[out, in, 3, 3]`.
    pub fn pack(weights: &[f32], (input, output): (usize, usize)) -> Self {
        let size = INPUTS * TAPS * input * PANEL;
        let mut packed = vec![0.0; output.div_ceil(PANEL) * size];
        for (i, taps) in weights.chunks_exact(TAPS).enumerate() {
            let (out, input_channel, band) = (i / TAPS / input, i / TAPS % input, i % TAPS);
            let panel = &mut packed[out / PANEL * size..];
            for (product, factors) in TAP_TRANSFORM.iter().enumerate() {
                let place = (product * TAPS + band) * input + input_channel;
                let terms = taps.iter().zip(factors);
                let sum: f64 = terms.map(|(tap, factor)| f64::from(*tap) * factor).sum();
                panel[place * PANEL + out % PANEL] = sum as f32;
            }
        }
        Self {
            weights: packed,
            input,
            output,
        }
    }

    /// `[bands, frames, out]`
    pub fn apply(&self, plane: Plane<'_>, finish: &Finish) -> Vec<f32> {
        let tiles = plane.frames.div_ceil(OUTPUTS);
        let size = (INPUTS * tiles * self.input).max(1);
        let mut transformed = vec![0.0; plane.bands() * size];
        let bands = transformed.par_chunks_exact_mut(size).enumerate();
        bands.for_each(|(band, output)| {
            Arch::new().dispatch(BandTransform {
                input: plane.band(band),
                channels: self.input,
                output,
            });
        });
        let size = (plane.frames * self.output).max(1);
        let mut output = vec![0.0; plane.bands() * size];
        let bands = output.par_chunks_exact_mut(size).enumerate();
        bands.for_each(|(band, output)| {
            Arch::new().dispatch(OutputBand {
                winograd: self,
                transformed: &transformed,
                tiles,
                band,
                finish,
                output,
            });
        });
        output
    }
}

/// Makes the left factors of the products, `[product, tile, channel]`, of a band `[frame, channel]`.
struct BandTransform<'a> {
    input: &'a [f32],
    channels: usize,
    output: &'a mut [f32],
}

impl WithSimd for BandTransform<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let channels = self.channels;
        let size = self.output.len() / INPUTS;
        let nothing = vec![0.0; channels];
        let frame = |number: Option<usize>| {
            let place = number.map_or(self.input.len(), |number| number * channels);
            let frame = self.input.get(place..place + channels);
            &frame.unwrap_or(&nothing)[..channels]
        };
        let mut parts = self.output.chunks_exact_mut(size);
        let mut parts: [&mut [f32]; INPUTS] = array::from_fn(|_| parts.next().unwrap_or_default());
        for tile in 0..size / channels {
            let inputs: [&[f32]; INPUTS] =
                array::from_fn(|i| frame((tile * OUTPUTS + i).checked_sub(1)));
            let mut outputs = parts
                .each_mut()
                .map(|part| &mut part[tile * channels..][..channels]);
            for i in 0..channels {
                let factors = input_transform(inputs.map(|frame| frame[i]));
                for (output, factor) in outputs.iter_mut().zip(factors) {
                    output[i] = factor;
                }
            }
        }
    }
}

/// The left factors of a tile's products.
#[inline(always)]
fn input_transform([x0, x1, x2, x3, x4, x5]: [f32; INPUTS]) -> [f32; INPUTS] {
    let (even, odd) = (x4 - 4.0 * x2, x3 - 4.0 * x1);
    let (even_far, odd_far) = (x4 - x2, 2.0 * (x3 - x1));
    [
        4.0 * x0 - 5.0 * x2 + x4,
        even + odd,
        even - odd,
        even_far + odd_far,
        even_far - odd_far,
        4.0 * x1 - 5.0 * x3 + x5,
    ]
}

/// One band of the output.
struct OutputBand<'a> {
    winograd: &'a Winograd,
    /// `[band, product, tile, in]`
    transformed: &'a [f32],
    tiles: usize,
    band: usize,
    finish: &'a Finish,
    /// `[frames, out]`
    output: &'a mut [f32],
}

impl WithSimd for OutputBand<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Winograd {
            ref weights,
            input: depth,
            output: width,
        } = *self.winograd;
        // Of one panel: `[product, tile, 32]`.
        let mut products = vec![0.0; INPUTS * self.tiles * PANEL];
        for (number, panel) in weights
            .chunks_exact(INPUTS * TAPS * depth * PANEL)
            .enumerate()
        {
            products.fill(0.0);
            let parts = panel.chunks_exact(TAPS * depth * PANEL);
            let sums = products.chunks_exact_mut(self.tiles * PANEL);
            for (product, (weights, sums)) in parts.zip(sums).enumerate() {
                let at_once = rows_at_once::<S>();
                for (block, sums) in sums.chunks_mut(at_once * PANEL).enumerate() {
                    let first = product * self.tiles + block * at_once;
                    let terms = self.terms(weights, first * depth);
                    accumulate(simd, sums.len() / PANEL, terms, sums);
                }
            }
            let columns = number * PANEL..width.min((number + 1) * PANEL);
            let tiles = self.output.chunks_mut(OUTPUTS * width);
            for (tile, output) in tiles.enumerate() {
                let sums = tile_outputs(&products, tile, self.tiles);
                for (output, sums) in output.chunks_exact_mut(width).zip(&sums) {
                    self.finish
                        .apply(number, sums, &mut output[columns.clone()]);
                }
            }
        }
    }
}

impl<'a> OutputBand<'a> {
    /// The bands that are looked at, from the values at `place` on, each with its weights.
    #[inline(always)]
    fn terms<'b>(
        &'b self,
        weights: &'b [f32],
        place: usize,
    ) -> impl Iterator<Item = (Rows<'b>, Panel<'b>)>
    where
        'a: 'b,
    {
        let depth = self.winograd.input;
        let bands = self.transformed.chunks_exact(INPUTS * self.tiles * depth);
        // There is nothing before the first band, nor behind the last one.
        let skipped = usize::from(self.band == 0);
        let bands = bands.skip(self.band + skipped - 1);
        let taps = weights.chunks_exact(depth * PANEL).skip(skipped);
        bands.zip(taps).map(move |(band, weights)| {
            let rows = Rows {
                values: &band[place..],
                stride: depth,
                depth,
            };
            (rows, Panel(weights))
        })
    }
}

/// Makes the outputs of a tile out of its products, for all channels of a panel.
#[inline(always)]
fn tile_outputs(products: &[f32], tile: usize, tiles: usize) -> [[f32; PANEL]; OUTPUTS] {
    let part: [&[f32]; INPUTS] =
        array::from_fn(|product| &products[(product * tiles + tile) * PANEL..][..PANEL]);
    let mut outputs = [[0.0; PANEL]; OUTPUTS];
    for i in 0..PANEL {
        let [m0, m1, m2, m3, m4, m5] = part.map(|products| products[i]);
        let (near, near_odd) = (m1 + m2, m1 - m2);
        let (far, far_odd) = (m3 + m4, m3 - m4);
        outputs[0][i] = m0 + near + far;
        outputs[1][i] = near_odd + 2.0 * far_odd;
        outputs[2][i] = near + 4.0 * far;
        outputs[3][i] = near_odd + 8.0 * far_odd + m5;
    }
    outputs
}

#[cfg(test)]
mod tests {
    use super::super::plane::Squares;
    use super::*;

    /// Values without a pattern, between -1 and 1.
    fn values(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn the_fast_way_is_the_plain_way() {
        for (bands, frames, input, output) in
            [(1, 1, 1, 1), (2, 5, 3, 4), (8, 53, 64, 40), (5, 48, 33, 64)]
        {
            let input_values = values(bands * frames * input, 1);
            let weights = values(output * input * 9, 2);
            let plane = Plane {
                values: &input_values,
                frames,
                channels: input,
            };
            let finish = Finish {
                bias: values(output, 3),
                rectified: Some((values(output, 4), values(output, 5))),
            };
            let plain = Squares::pack(&weights, (input, output), 3, 1).apply(plane, &finish);
            let fast = Winograd::pack(&weights, (input, output)).apply(plane, &finish);
            assert_eq!(plain.len(), bands * frames * output);
            let largest = plain.iter().fold(0.0f32, |a, b| a.max(b.abs()));
            let error = plain
                .iter()
                .zip(&fast)
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f32::max);
            assert!(
                error <= largest * 3e-6,
                "{bands} {frames} {input} {output}: {error}"
            );
        }
    }
}
