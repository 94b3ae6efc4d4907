//! A matrix of 8-bit weights, and products with it in integers.
//!
//! Weights are symmetric, with a scale for each output and 64 steps of the depth. Inputs are brought to 8 bits on the way, with a scale for
//! each row and 64 steps. Sums over 64 steps are exact; they are added up in f32 in order of the depth, so a row has the same result alone
//! and among others.

mod input;
mod product;
#[cfg(target_arch = "x86_64")]
mod vnni;

use rayon::prelude::*;

use self::{input::Input, product::Block};
use super::exponential::round;

/// Steps of the depth that share a scale.
const GROUP: usize = 64;
/// Outputs of one panel of weights.
const PANEL: usize = 16;
/// A group of a panel: 16 scales of f32, then the weights `[step / 4, out, step % 4]`, each as `weight + 128`.
const RECORD: usize = PANEL * size_of::<f32>() + PANEL * GROUP;
const ZERO: u8 = 128;
const MOST: f32 = 127.0;

/// Weights `[depth, width]` in 8 bits.
pub struct Quantized {
    /// `[width / 16, depth / 64, record]`
    records: Box<dyn AsRef<[u8]> + Send + Sync>,
    pub input: usize,
    pub output: usize,
}

impl Quantized {
    /// Takes over what [`Quantized::pack`] made; none where it has another size.
    pub fn new(
        records: impl AsRef<[u8]> + Send + Sync + 'static,
        input: usize,
        output: usize,
    ) -> Option<Self> {
        let size = Self::size(input, output);
        (records.as_ref().len() == size).then(|| Self {
            records: Box::new(records),
            input,
            output,
        })
    }

    /// Bytes that a matrix takes.
    pub fn size(input: usize, output: usize) -> usize {
        output.div_ceil(PANEL) * input.div_ceil(GROUP) * RECORD
    }

    /// Quantizes weights `[in, out]`.
    pub fn pack(weights: &[f32], input: usize, output: usize) -> Vec<u8> {
        let mut records = vec![ZERO; Self::size(input, output)];
        let panel_size = input.div_ceil(GROUP) * RECORD;
        let panels = records.par_chunks_exact_mut(panel_size).enumerate();
        panels.for_each(|(panel, records)| {
            for (group, record) in records.chunks_exact_mut(RECORD).enumerate() {
                let steps = group * GROUP..input.min((group + 1) * GROUP);
                for lane in 0..PANEL {
                    let column = panel * PANEL + lane;
                    let column = (column < output).then_some(column);
                    let column = column.into_iter().flat_map(|column| {
                        steps
                            .clone()
                            .map(move |step| weights[step * output + column])
                    });
                    pack_lane(column, lane, record);
                }
            }
        });
        records
    }

    /// `[rows, in]` to `[rows, out]`, the bias `[out]` added.
    pub fn apply(&self, input: &[f32], bias: &[f32]) -> Vec<f32> {
        let input = Input::quantize(input, self.input);
        let (rows, width) = (input.rows(), self.output);
        let panels = width.div_ceil(PANEL);
        let mut apart = vec![0.0; rows * panels * PANEL];
        let panel_size = self.input.div_ceil(GROUP) * RECORD;
        let at_once = 2 * PANEL * rows.max(1);
        apart
            .par_chunks_mut(at_once)
            .zip(self.records.as_ref().as_ref().par_chunks(2 * panel_size))
            .for_each(|(output, records)| {
                let block = Block {
                    records,
                    panel_size,
                    input: &input,
                };
                block.multiply(output);
            });
        let mut output = bias.repeat(rows);
        for (panel, sums) in apart.chunks_exact(PANEL * rows.max(1)).enumerate() {
            for (row, sums) in output.chunks_exact_mut(width).zip(sums.chunks_exact(PANEL)) {
                let columns = panel * PANEL..width.min((panel + 1) * PANEL);
                let pairs = row[columns].iter_mut().zip(sums);
                pairs.for_each(|(value, sum)| *value += sum);
            }
        }
        output
    }
}

/// Writes an output's weights of one group into its record.
fn pack_lane(weights: impl Iterator<Item = f32>, lane: usize, record: &mut [u8]) {
    let weights: Vec<f32> = weights.collect();
    let scale = scale(&weights);
    let (scales, quads) = record.split_at_mut(PANEL * size_of::<f32>());
    scales[lane * size_of::<f32>()..][..size_of::<f32>()].copy_from_slice(&scale.to_le_bytes());
    for (step, weight) in weights.into_iter().enumerate() {
        let place = (step / 4 * PANEL + lane) * 4 + step % 4;
        quads[place] = (quantized(weight, scale) + i32::from(ZERO)) as u8;
    }
}

/// The scale with which the largest value becomes [`MOST`]; 0.0 for nothing but zeros.
#[inline(always)]
fn scale(values: &[f32]) -> f32 {
    let mut most = 0.0_f32;
    for value in values {
        most = most.max(value.abs());
    }
    most / MOST
}

#[inline(always)]
fn quantized(value: f32, scale: f32) -> i32 {
    if scale > 0.0 {
        round(value / scale).clamp(-MOST, MOST) as i32
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        };
        std::iter::repeat_with(next).take(count).collect()
    }

    fn matrix(input: usize, output: usize) -> (Vec<f32>, Quantized) {
        let weights = values(input * output, 7);
        let records = Quantized::pack(&weights, input, output);
        let quantized = Quantized::new(records, input, output).unwrap();
        (weights, quantized)
    }

    #[test]
    fn products_are_near_those_of_the_weights() {
        for (rows, input, output) in [(1, 64, 16), (3, 100, 40), (9, 200, 33)] {
            let (weights, quantized) = matrix(input, output);
            let (x, bias) = (values(rows * input, 3), values(output, 5));
            let found = quantized.apply(&x, &bias);
            for (row, found) in x.chunks(input).zip(found.chunks(output)) {
                for (column, found) in found.iter().enumerate() {
                    let products = row.iter().enumerate();
                    let exact: f32 = products
                        .map(|(k, x)| x * weights[k * output + column])
                        .sum();
                    let error = (found - exact - bias[column]).abs();
                    assert!(error < 0.02 * (input as f32).sqrt(), "{error}");
                }
            }
        }
    }

    #[test]
    fn a_row_is_the_same_alone_and_among_others() {
        let (_, quantized) = matrix(192, 48);
        let (x, bias) = (values(11 * 192, 9), values(48, 1));
        let together = quantized.apply(&x, &bias);
        for (row, expected) in x.chunks(192).zip(together.chunks(48)) {
            assert_eq!(quantized.apply(row, &bias), expected);
        }
    }

    #[test]
    fn zeros_give_the_bias() {
        let (_, quantized) = matrix(64, 16);
        assert_eq!(quantized.apply(&[0.0; 64], &[1.5; 16]), [1.5; 16]);
    }

    #[test]
    fn another_size_is_refused() {
        assert!(Quantized::new(vec![0; 7], 64, 16).is_none());
    }
}
