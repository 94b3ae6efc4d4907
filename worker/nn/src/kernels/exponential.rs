//! The exponential function and what is made of it, in arithmetic that compilers turn into vector instructions.

use pulp::Arch;
use rayon::prelude::*;

/// Adding it leaves the nearest whole number in the low bits of a small f32.
const ROUNDING: f32 = 12_582_912.0;
/// Values that one thread works on before it takes the next ones.
const AT_ONCE: usize = 1 << 14;

/// The nearest whole number of an x within ±2²².
#[inline(always)]
pub(super) fn round(x: f32) -> f32 {
    (x + ROUNDING) - ROUNDING
}

/// e to the power of x to within 2e-7 of the result. What is beyond the range of f32 gives its least or greatest powers of two.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    let scaled = (x * std::f32::consts::LOG2_E).clamp(-126.0, 127.0);
    let shifted = scaled + ROUNDING;
    let rest = (scaled - (shifted - ROUNDING)) * std::f32::consts::LN_2;
    let power = f32::from_bits(
        shifted
            .to_bits()
            .wrapping_sub(ROUNDING.to_bits())
            .wrapping_add(127)
            << 23,
    );
    // The Taylor series, for the rest is within ±0.35.
    let mut sum = 1.0 / 720.0;
    for factor in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        sum = sum * rest + factor;
    }
    sum * power
}

#[inline(always)]
pub(super) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// To within 2e-7.
#[inline(always)]
pub(super) fn tanh(x: f32) -> f32 {
    2.0 * sigmoid(2.0 * x) - 1.0
}

/// The tanh approximation of the Gaussian error linear unit (Hendrycks and Gimpel, 2016).
pub fn gelu(input: &[f32]) -> Vec<f32> {
    map(
        input,
        #[inline(always)]
        |x| {
            // x (1 + tanh u) / 2 is x / (1 + exp(-2 u)).
            let u = 0.797_884_6 * (x + 0.044_715 * x * x * x);
            x / (1.0 + exp(-2.0 * u))
        },
    )
}

/// The Gaussian error linear unit itself, x Φ(x), to within 3e-7 of |x|.
pub fn gelu_erf(input: &[f32]) -> Vec<f32> {
    map(
        input,
        #[inline(always)]
        |x| 0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2)),
    )
}

/// The error function to within 3e-7 (Abramowitz and Stegun, 7.1.26).
#[inline(always)]
fn erf(x: f32) -> f32 {
    let magnitude = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * magnitude);
    let mut sum = 1.061_405_4;
    for factor in [-1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6, 0.0] {
        sum = sum * t + factor;
    }
    (1.0 - sum * exp(-magnitude * magnitude)).copysign(x)
}

/// The gate of `WaveNet` (van den Oord et al., 2016): of rows `[2 * width]`, tanh of the first half times the sigmoid of the second.
pub fn gate(input: &[f32], width: usize) -> Vec<f32> {
    let mut output = vec![0.0; input.len() / 2];
    let rows = (AT_ONCE / width.max(1)).max(1) * width.max(1);
    let parts = output.par_chunks_mut(rows).zip(input.par_chunks(2 * rows));
    parts.for_each(|(output, input)| {
        Arch::new().dispatch(
            #[inline(always)]
            || {
                let rows = input.chunks_exact(2 * width);
                for (output, row) in output.chunks_exact_mut(width).zip(rows) {
                    let (first, second) = row.split_at(width);
                    for (y, (a, b)) in output.iter_mut().zip(first.iter().zip(second)) {
                        *y = tanh(*a) * sigmoid(*b);
                    }
                }
            },
        );
    });
    output
}

#[inline(always)]
fn map(input: &[f32], function: impl Fn(f32) -> f32 + Sync) -> Vec<f32> {
    let mut output = vec![0.0; input.len()];
    let parts = output
        .par_chunks_mut(AT_ONCE)
        .zip(input.par_chunks(AT_ONCE));
    parts.for_each(|(output, input)| {
        Arch::new().dispatch(
            #[inline(always)]
            || {
                for (y, x) in output.iter_mut().zip(input) {
                    *y = function(*x);
                }
            },
        );
    });
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_near() {
        for step in -8000..8000 {
            let x = step as f32 / 100.0;
            let exact = f64::from(x).exp();
            let error = (f64::from(exp(x)) - exact).abs() / exact;
            assert!(
                error < 1e-5 && (x.abs() > 10.0 || error < 1e-6),
                "{x}: {error}"
            );
        }
        assert!(exp(-1000.0) < 1e-37 && exp(f32::NEG_INFINITY) < 1e-37 && exp(1000.0) > 1e37);
        assert!(exp(f32::NAN).is_nan());
    }

    #[test]
    fn units_are_those_of_tanh() {
        let input: Vec<f32> = (-1000..1000).map(|step| step as f32 / 100.0).collect();
        for (x, y) in input.iter().zip(gelu(&input)) {
            let x = f64::from(*x);
            let exact = 0.5 * x * (1.0 + (0.797_884_560_8 * (x + 0.044_715 * x.powi(3))).tanh());
            assert!(
                (f64::from(y) - exact).abs() < 2e-6 * x.abs().max(1.0),
                "{x}"
            );
        }
        for (x, y) in input.iter().zip(gelu_erf(&input)) {
            let x = f64::from(*x);
            // By the sum of the series for small x, where it converges.
            if x.abs() > 4.0 {
                continue;
            }
            let (mut term, mut sum) = (x, x);
            for n in 1..80 {
                term *= x * x / f64::from(2 * n + 1);
                sum += term;
            }
            let density = (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
            let exact = x * (0.5 + density * sum);
            assert!(
                (f64::from(y) - exact).abs() < 3e-7 * x.abs().max(1.0),
                "{x}"
            );
        }
        assert!(gelu(&[f32::NAN, 0.0])[1].abs() < f32::MIN_POSITIVE);
    }
}
