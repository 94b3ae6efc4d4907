//! The filters of the five bands of mixed excitation: 0-1, 1-2, 2-4, 4-6 and 6-8 kHz (Yoshimura et al., 2001).
//!
//! Windowed ideal band-passes. Together they are a mere delay, so equal strengths leave a sound as it is.

use std::f32::consts::PI;
use std::sync::LazyLock;

use crate::{SAMPLE_RATE, STRENGTHS};

/// Hz, the upper edges.
pub(crate) const BAND_EDGES: [f32; STRENGTHS] = [1000.0, 2000.0, 4000.0, 6000.0, 8000.0];
/// Samples on either side of the middle.
const REACH: usize = 23;
pub(super) const TAPS: usize = 2 * REACH + 1;
/// Places of a pulse between two samples.
const PHASES: usize = 32;

/// Impulse response of a mix of bands.
pub(super) type Response = [f32; TAPS];

/// For each place of the pulse after its sample the responses of all bands.
static RESPONSES: LazyLock<Vec<[Response; STRENGTHS]>> = LazyLock::new(|| {
    let phases = 0..=PHASES;
    phases
        .map(|phase| responses(phase as f32 / PHASES as f32))
        .collect()
});

/// The bands' responses, mixed with `weights`, to a pulse `part` of a sample after its sample.
pub(super) fn mix(weights: &[f32; STRENGTHS], part: f32) -> Response {
    let phase = (part * PHASES as f32).round() as usize;
    let bands = &RESPONSES[phase.min(PHASES)];
    let mut mixed = [0.0; TAPS];
    for (band, weight) in bands.iter().zip(weights) {
        mixed
            .iter_mut()
            .zip(band)
            .for_each(|(sum, value)| *sum += weight * value);
    }
    mixed
}

fn responses(part: f32) -> [Response; STRENGTHS] {
    let mut lower = [0.0; TAPS];
    BAND_EDGES.map(|edge| {
        let upper = low_pass(edge, part);
        let band = std::array::from_fn(|tap| upper[tap] - lower[tap]);
        lower = upper;
        band
    })
}

/// A Hamming window over an ideal low-pass.
fn low_pass(edge: f32, part: f32) -> Response {
    let cutoff = 2.0 * edge / SAMPLE_RATE as f32;
    std::array::from_fn(|tap| {
        let time = tap as f32 - REACH as f32 - part;
        let angle = PI * cutoff * time;
        let ideal = if angle.abs() < 1e-4 {
            cutoff
        } else {
            cutoff * angle.sin() / angle
        };
        let window = 0.54 + 0.46 * (PI * time / (REACH as f32 + 1.0)).cos();
        ideal * window
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gain(response: &Response, hertz: f32) -> f32 {
        let (mut real, mut imaginary) = (0f32, 0f32);
        for (tap, value) in response.iter().enumerate() {
            let angle = 2.0 * PI * hertz / SAMPLE_RATE as f32 * tap as f32;
            real += value * angle.cos();
            imaginary += value * angle.sin();
        }
        real.hypot(imaginary)
    }

    #[test]
    fn bands_pass_their_own_frequencies() {
        for (band, middle) in [500.0f32, 1500.0, 3000.0, 5000.0, 7000.0]
            .iter()
            .enumerate()
        {
            let mut weights = [0.0; STRENGTHS];
            weights[band] = 1.0;
            let response = mix(&weights, 0.3);
            assert!((gain(&response, *middle) - 1.0).abs() < 0.05, "{band}");
            for other in [200.0, 3000.0, 7500.0] {
                let far = (other - middle).abs() > 2000.0;
                assert!(!far || gain(&response, other) < 0.01, "{band} at {other}");
            }
        }
    }

    #[test]
    fn all_bands_together_are_a_delay() {
        let response = mix(&[1.0; STRENGTHS], 0.0);
        for (tap, value) in response.iter().enumerate() {
            let wanted = if tap == REACH { 1.0 } else { 0.0 };
            assert!((value - wanted).abs() < 1e-5, "{tap}: {value}");
        }
    }
}
