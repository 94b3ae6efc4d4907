//! From a mel-cepstrum to coefficients that the filter can bear.

use std::f32::consts::PI;
use std::sync::LazyLock;

use super::mlsa::{ALPHA, LARGEST};
use crate::MEL_CEPSTRUM;

/// Frequencies at which spectra are looked at.
const POINTS: usize = 64;
/// No speech has coefficients beyond these.
const LARGEST_CEPSTRUM: f32 = 20.0;

/// The filter's coefficients of one frame; the first is the logarithm of the gain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Coefficients {
    pub(super) values: [f32; MEL_CEPSTRUM],
}

impl Coefficients {
    /// Whatever is given, the filter of the result is stable.
    pub(super) fn new(cepstrum: &[f32; MEL_CEPSTRUM]) -> Self {
        let sound = cepstrum.map(|value| {
            if value.is_finite() {
                value.clamp(-LARGEST_CEPSTRUM, LARGEST_CEPSTRUM)
            } else {
                0.0
            }
        });
        Self {
            values: tame(from_cepstrum(&sound)),
        }
    }

    /// `self` at 0, `next` at 1.
    pub(super) fn towards(&self, next: &Self, part: f32) -> Self {
        Self {
            values: std::array::from_fn(|order| {
                self.values[order] + (next.values[order] - self.values[order]) * part
            }),
        }
    }
}

/// Sum of c[m] A^m to sum of b[m] (1 - a²)/(z - a) A^(m-1), by recursion from the end.
fn from_cepstrum(cepstrum: &[f32; MEL_CEPSTRUM]) -> [f32; MEL_CEPSTRUM] {
    let mut coefficients = *cepstrum;
    for order in (0..MEL_CEPSTRUM - 1).rev() {
        coefficients[order] -= ALPHA * coefficients[order + 1];
    }
    coefficients
}

/// Both parts of the filter within what their approximations bear; the shape of the spectrum stays, flatter.
fn tame(mut coefficients: [f32; MEL_CEPSTRUM]) -> [f32; MEL_CEPSTRUM] {
    let first = coefficients[1].abs() * (1.0 + ALPHA);
    coefficients[1] *= (LARGEST / first).min(1.0);
    let others = SECTIONS.iter().map(|sections| {
        let mut sum = (0.0, 0.0);
        for (section, value) in sections.iter().zip(coefficients).skip(2) {
            sum.0 += section.0 * value;
            sum.1 += section.1 * value;
        }
        f32::hypot(sum.0, sum.1)
    });
    let scale = (LARGEST / others.fold(0.0, f32::max)).min(1.0);
    if scale < 1.0 {
        coefficients[2..]
            .iter_mut()
            .for_each(|value| *value *= scale);
    }
    coefficients[0] = coefficients[0].min(LARGEST_CEPSTRUM);
    coefficients
}

/// Real and imaginary parts of the sections that the coefficients weight, at equally spaced frequencies.
static SECTIONS: LazyLock<Vec<[(f32, f32); MEL_CEPSTRUM]>> = LazyLock::new(|| {
    let points = 0..POINTS;
    points
        .map(|point| sections((point as f32 + 0.5) * PI / POINTS as f32))
        .collect()
});

fn sections(omega: f32) -> [(f32, f32); MEL_CEPSTRUM] {
    // Of 1 / (1 - a e^-iw): modulus and phase; the all-pass has modulus 1.
    let (sin, cos) = omega.sin_cos();
    let modulus = (1.0 - ALPHA * ALPHA) / (1.0 - ALPHA * cos).hypot(ALPHA * sin);
    let lag = (ALPHA * sin).atan2(1.0 - ALPHA * cos);
    std::array::from_fn(|order| {
        if order == 0 {
            return (1.0, 0.0);
        }
        let phase = -(omega + lag) - (order as f32 - 1.0) * (omega + 2.0 * lag);
        (modulus * phase.cos(), modulus * phase.sin())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_makes_wild_coefficients() {
        let wild = [f32::NAN, f32::INFINITY, 1e30, -1e30, 50.0];
        for value in wild {
            let made = Coefficients::new(&[value; MEL_CEPSTRUM]);
            assert!(made.values.iter().all(|b| b.is_finite()), "{made:?}");
            assert!(made.values[0] <= LARGEST_CEPSTRUM);
            let again = tame(made.values);
            let pairs = made.values.iter().zip(again);
            assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-3));
        }
    }
}
