//! Rows brought to mean 0 and variance 1.

use pulp::Arch;
use rayon::prelude::*;

/// Rows that one thread works on before it takes the next ones.
const ROWS_AT_ONCE: usize = 32;
/// Sums that run beside each other, whatever the width of the vectors.
const SUMS: usize = 16;

/// Each row of `[time, channels]` by itself; `affine` are a factor and a summand for each channel.
pub fn layer_norm(
    input: &[f32],
    channels: usize,
    affine: Option<(&[f32], &[f32])>,
    epsilon: f32,
) -> Vec<f32> {
    let mut output = vec![0.0; input.len()];
    let size = ROWS_AT_ONCE * channels.max(1);
    let parts = output.par_chunks_mut(size).zip(input.par_chunks(size));
    parts.for_each(|(output, input)| {
        Arch::new().dispatch(
            #[inline(always)]
            || {
                let rows = input.chunks_exact(channels);
                for (output, input) in output.chunks_exact_mut(channels).zip(rows) {
                    normalize(input, epsilon, output);
                    let Some((factors, summands)) = affine else {
                        continue;
                    };
                    let terms = output.iter_mut().zip(factors).zip(summands);
                    for ((y, factor), summand) in terms {
                        *y = *y * factor + summand;
                    }
                }
            },
        );
    });
    output
}

#[inline(always)]
fn normalize(input: &[f32], epsilon: f32, output: &mut [f32]) {
    let count = input.len() as f32;
    let mean = sum(
        input,
        #[inline(always)]
        |x| x,
    ) / count;
    let variance = sum(
        input,
        #[inline(always)]
        |x| (x - mean) * (x - mean),
    ) / count;
    let factor = 1.0 / (variance + epsilon).sqrt();
    for (y, x) in output.iter_mut().zip(input) {
        *y = (x - mean) * factor;
    }
}

#[inline(always)]
fn sum(values: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let mut sums = [0.0; SUMS];
    let (blocks, rest) = values.as_chunks::<SUMS>();
    for block in blocks {
        for (sum, value) in sums.iter_mut().zip(block) {
            *sum += term(*value);
        }
    }
    for (sum, value) in sums.iter_mut().zip(rest) {
        *sum += term(*value);
    }
    let mut total = 0.0;
    for sum in sums {
        total += sum;
    }
    total
}
