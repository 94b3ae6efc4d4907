//! What stands in front of a convolution: a factor and a summand for each channel, then a curve.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

/// Adding it leaves the nearest whole number in the low bits of a small f32.
const ROUNDING: f32 = 12_582_912.0;
/// π in parts of few bits, so that whole multiples up to 2¹⁵ of the first two are exact (Cody and Waite, 1980).
const PI_PARTS: [f32; 3] = [3.140_625, 9.675_026e-4, 1.509_958e-7];
/// Values that one thread works on before it takes the next ones.
const AT_ONCE: usize = 1 << 14;

/// A function of one value.
#[derive(Clone, Copy)]
pub enum Curve<'a> {
    Identity,
    /// A leaky ReLU of this slope.
    Leaky(f32),
    /// x + sin²(αx) / α, with an α for each channel that is not 0 (Ziyin et al., "Neural Networks Fail to Learn Periodic Functions", 2020).
    Snake(&'a [f32]),
}

/// A factor and a summand for each channel where given, then a curve.
#[derive(Clone, Copy)]
pub struct Front<'a> {
    pub modulation: Option<(&'a [f32], &'a [f32])>,
    pub curve: Curve<'a>,
}

impl Front<'_> {
    pub const NOTHING: Front<'static> = Front {
        modulation: None,
        curve: Curve::Identity,
    };

    pub fn is_nothing(&self) -> bool {
        self.modulation.is_none() && matches!(self.curve, Curve::Identity)
    }

    /// Of `[time, channel]`.
    pub fn apply(&self, input: &[f32], channels: usize) -> Vec<f32> {
        let mut output = vec![0.0; input.len()];
        self.write(input, channels, &mut output);
        output
    }

    /// Of `[time, channel]` to as many values.
    pub fn write(&self, input: &[f32], channels: usize, output: &mut [f32]) {
        let size = (AT_ONCE / channels.max(1)).max(1) * channels.max(1);
        let parts = output.par_chunks_mut(size).zip(input.par_chunks(size));
        parts.for_each(|(output, input)| {
            Arch::new().dispatch(FrontRows {
                front: *self,
                input,
                channels,
                output,
            });
        });
    }

    /// Of one row; what the output is longer than the input stays as it is.
    #[inline(always)]
    pub(super) fn row<S: Simd>(&self, simd: S, input: &[f32], output: &mut [f32]) {
        let lanes = S::F32_LANES;
        let parts = input.chunks(lanes).zip(output.chunks_mut(lanes));
        for (number, (input, output)) in parts.enumerate() {
            let place = number * lanes..number * lanes + input.len();
            let load = |values: &[f32]| simd.partial_load_f32s(&values[place.clone()]);
            let mut x = simd.partial_load_f32s(input);
            if let Some((factors, summands)) = self.modulation {
                x = simd.mul_add_f32s(x, load(factors), load(summands));
            }
            let y = match self.curve {
                Curve::Identity => x,
                Curve::Leaky(slope) => simd.max_f32s(x, simd.mul_f32s(x, simd.splat_f32s(slope))),
                Curve::Snake(alphas) => snake(simd, x, load(alphas)),
            };
            simd.partial_store_f32s(&mut output[..input.len()], y);
        }
    }
}

#[inline(always)]
fn snake<S: Simd>(simd: S, x: S::f32s, alpha: S::f32s) -> S::f32s {
    // The sign goes with the square.
    let (sine, _) = sine_within_half_turn(simd, simd.mul_f32s(x, alpha));
    let share = simd.div_f32s(sine, alpha);
    simd.mul_add_f32s(sine, share, x)
}

/// The sine of what is left of x beyond whole multiples of π, within ±π/2, and the multiple (plus [`ROUNDING`]). The reduction is exact to 2e-7 up to
/// |x| = 10⁵, and the series (to the 11th power) to 6e-8.
#[inline(always)]
fn sine_within_half_turn<S: Simd>(simd: S, x: S::f32s) -> (S::f32s, S::f32s) {
    let rounding = simd.splat_f32s(ROUNDING);
    let turns = simd.splat_f32s(std::f32::consts::FRAC_1_PI);
    let shifted = simd.mul_add_f32s(x, turns, rounding);
    let count = simd.sub_f32s(shifted, rounding);
    let mut rest = x;
    for part in PI_PARTS {
        rest = simd.mul_add_f32s(count, simd.splat_f32s(-part), rest);
    }
    let square = simd.mul_f32s(rest, rest);
    let mut sum = simd.splat_f32s(-1.0 / 39_916_800.0);
    for factor in [1.0 / 362_880.0, -1.0 / 5040.0, 1.0 / 120.0, -1.0 / 6.0, 1.0] {
        sum = simd.mul_add_f32s(sum, square, simd.splat_f32s(factor));
    }
    (simd.mul_f32s(sum, rest), shifted)
}

struct FrontRows<'a> {
    front: Front<'a>,
    input: &'a [f32],
    channels: usize,
    output: &'a mut [f32],
}

impl WithSimd for FrontRows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let rows = self.output.chunks_exact_mut(self.channels);
        for (output, input) in rows.zip(self.input.chunks_exact(self.channels)) {
            self.front.row(simd, input, output);
        }
    }
}

/// The sines of values up to some 10⁵, to within 5e-7.
pub fn sine(input: &[f32]) -> Vec<f32> {
    let mut output = vec![0.0; input.len()];
    let parts = output
        .par_chunks_mut(AT_ONCE)
        .zip(input.par_chunks(AT_ONCE));
    parts.for_each(|(output, input)| Arch::new().dispatch(Sines { input, output }));
    output
}

struct Sines<'a> {
    input: &'a [f32],
    output: &'a mut [f32],
}

impl WithSimd for Sines<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let lanes = S::F32_LANES;
        let parts = self.input.chunks(lanes).zip(self.output.chunks_mut(lanes));
        for (input, output) in parts {
            let (sine, shifted) = sine_within_half_turn(simd, simd.partial_load_f32s(input));
            let mut shifts = [0.0; 64];
            simd.partial_store_f32s(&mut shifts[..lanes], shifted);
            simd.partial_store_f32s(output, sine);
            for (y, shifted) in output.iter_mut().zip(shifts) {
                // An odd multiple of π turns the sign.
                *y = f32::from_bits(y.to_bits() ^ (shifted.to_bits() << 31));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sines_are_near() {
        let input: Vec<f32> = (-200_000..200_000).map(|i| i as f32 * 0.0517).collect();
        for (x, y) in input.iter().zip(sine(&input)) {
            let error = (f64::from(y) - f64::from(*x).sin()).abs();
            assert!(error < 5e-7, "{x}: {error}");
        }
    }

    #[test]
    fn snakes_are_near() {
        let channels = 37;
        let alphas: Vec<f32> = (0..channels).map(|i| 0.02 + i as f32 * 0.31).collect();
        let input: Vec<f32> = (0..channels * 500)
            .map(|i| (i as f32 * 0.37).sin() * 300.0)
            .collect();
        let front = Front {
            modulation: None,
            curve: Curve::Snake(&alphas),
        };
        let output = front.apply(&input, channels);
        for (i, (x, y)) in input.iter().zip(output).enumerate() {
            let alpha = alphas[i % channels];
            // The product is rounded to f32, as in the definition.
            let sine = f64::from(alpha * x).sin();
            let exact = f64::from(*x) + sine * sine / f64::from(alpha);
            let error = (f64::from(y) - exact).abs();
            let bound = 1e-6 / f64::from(alpha) + 2e-7 * exact.abs();
            assert!(error < bound, "{x} {alpha}: {error}");
        }
    }
}
