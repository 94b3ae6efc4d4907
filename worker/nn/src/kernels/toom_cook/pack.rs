//! Taps turned into the factors of the products, in the order in which the inner loop reads them.

use pulp::Arch;
use rayon::prelude::*;

use super::schemes::Scheme;
use crate::kernels::tile::PANEL;

/// Taps of an input channel, those of each output side by side. `[tap][32]`
type Taps = Vec<[f64; PANEL]>;

/// The sizes of a convolution.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    pub(super) taps: usize,
    pub(super) input: usize,
    pub(super) output: usize,
    /// Channels of the input, filled up.
    pub(super) depth: usize,
}

/// Weights `[out, in, tap]` to `[out / 32, product, piece, depth, 32]`, filled up with zeros. Sums are of f64: what rounding takes away
/// here, no later step gives back.
pub(super) fn pack<K: Scheme<N, R>, const N: usize, const R: usize>(
    weights: &[f32],
    sizes: Sizes,
) -> Vec<f32> {
    let pieces = sizes.taps.div_ceil(R);
    let size = N * pieces * sizes.depth * PANEL;
    let mut packed = vec![0.0; size * sizes.output.div_ceil(PANEL)];
    let panels = packed.par_chunks_exact_mut(size).enumerate();
    panels.for_each(|(number, panel)| {
        Arch::new().dispatch(
            #[inline(always)]
            || pack_panel::<K, N, R>(weights, sizes, number * PANEL, panel),
        );
    });
    packed
}

/// The outputs from `first` on.
#[inline(always)]
fn pack_panel<K: Scheme<N, R>, const N: usize, const R: usize>(
    weights: &[f32],
    sizes: Sizes,
    first: usize,
    panel: &mut [f32],
) {
    let pieces = sizes.taps.div_ceil(R);
    let mut taps: Taps = vec![[0.0; PANEL]; sizes.taps];
    for channel in 0..sizes.input {
        for output in first..sizes.output.min(first + PANEL) {
            let start = (output * sizes.input + channel) * sizes.taps;
            let values = &weights[start..start + sizes.taps];
            for (tap, value) in taps.iter_mut().zip(values) {
                tap[output - first] = f64::from(*value);
            }
        }
        for (product, factors) in K::TAPS.iter().enumerate() {
            for (piece, taps) in taps.chunks(R).enumerate() {
                let place = (product * pieces + piece) * sizes.depth + channel;
                let row = &mut panel[place * PANEL..][..PANEL];
                let sums = weigh(taps, factors);
                for (value, sum) in row.iter_mut().zip(sums) {
                    *value = sum as f32;
                }
            }
        }
    }
}

#[inline(always)]
fn weigh(taps: &[[f64; PANEL]], factors: &[f64]) -> [f64; PANEL] {
    let mut sums = [0.0; PANEL];
    for (tap, factor) in taps.iter().zip(factors) {
        for (sum, value) in sums.iter_mut().zip(tap) {
            *sum += value * factor;
        }
    }
    sums
}
