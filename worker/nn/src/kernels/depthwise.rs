//! Convolutions over time of each channel by itself.

use pulp::Arch;
use rayon::prelude::*;

/// Rows that one thread works on before it takes the next ones.
const ROWS_AT_ONCE: usize = 64;

/// `[time + reach, channel]` to `[time, channel]`; weights are `[tap, channel]`, the bias `[channel]`.
pub fn convolve(input: &[f32], weights: &[f32], bias: &[f32], dilation: usize) -> Vec<f32> {
    let channels = bias.len().max(1);
    let taps = weights.len() / channels;
    let reach = taps.saturating_sub(1) * dilation;
    let times = (input.len() / channels).saturating_sub(reach);
    let mut output = vec![0.0; times * channels];
    let parts = output.par_chunks_mut(ROWS_AT_ONCE * channels).enumerate();
    parts.for_each(|(part, output)| {
        Arch::new().dispatch(
            #[inline(always)]
            || {
                for (row, output) in output.chunks_exact_mut(channels).enumerate() {
                    let time = part * ROWS_AT_ONCE + row;
                    output.copy_from_slice(bias);
                    for (tap, weights) in weights.chunks_exact(channels).enumerate() {
                        let input = &input[(time + tap * dilation) * channels..][..channels];
                        for ((y, x), weight) in output.iter_mut().zip(input).zip(weights) {
                            *y += x * weight;
                        }
                    }
                }
            },
        );
    });
    output
}
