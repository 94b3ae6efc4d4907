//! The mel log spectrum approximation filter (Imai, Sumita and Furuichi, 1983).
//!
//! It realises exp F(z), F being a weighted sum of a chain of all-pass sections, by a Padé approximation of fifth order,
//! in two cascaded parts: one for the first coefficient, one for all others. The five stages of a part depend on each
//! other's last sample only, so they are computed side by side.

use crate::MEL_CEPSTRUM;

/// The all-pass constant: at 16 kHz the frequency axis is close to mel.
pub(crate) const ALPHA: f32 = 0.42;
/// The approximation is close to exp F, and stable (its poles lie at |F| > 7.5), while |F| stays below this.
pub(super) const LARGEST: f32 = 6.2;

const STAGES: usize = 5;
/// Room for the stages that fits a machine's registers.
const LANES: usize = 8;
type Lanes = [f32; LANES];

/// The coefficients of Imai's modified approximation.
const PADE: [f32; STAGES] = [
    0.499_939_1,
    0.110_709_8,
    0.013_699_84,
    0.000_956_485_3,
    0.000_030_417_21,
];

/// The filter and its memory.
#[derive(Debug, Clone)]
pub(super) struct Mlsa {
    first: Approximation,
    first_section: Lanes,
    others: Approximation,
    sections: [Lanes; MEL_CEPSTRUM - 1],
}

impl Mlsa {
    pub(super) fn new() -> Self {
        Self {
            first: Approximation::default(),
            first_section: [0.0; LANES],
            others: Approximation::default(),
            sections: [[0.0; LANES]; MEL_CEPSTRUM - 1],
        }
    }

    /// One sample through the filter of `coefficients`, of which the first is the gain's and not used here.
    pub(super) fn filter(&mut self, sample: f32, coefficients: &[f32; MEL_CEPSTRUM]) -> f32 {
        low_pass(&mut self.first_section, &self.first.inputs);
        let gain = coefficients[1];
        let sample = self
            .first
            .combine(sample, &self.first_section.map(|value| value * gain));
        let sum = chain(&mut self.sections, &self.others.inputs, coefficients);
        self.others.combine(sample, &sum)
    }
}

/// The stages of one part.
#[derive(Debug, Clone, Default)]
struct Approximation {
    /// What each stage gets: the last output of the stage before.
    inputs: Lanes,
}

impl Approximation {
    /// The outputs of the stages to the output of the whole: fed back with changing signs, and forward.
    fn combine(&mut self, sample: f32, outputs: &Lanes) -> f32 {
        let (mut fed, mut through, mut sign) = (sample, 0.0, 1.0);
        for (output, factor) in outputs.iter().zip(PADE) {
            let value = output * factor;
            fed += sign * value;
            through += value;
            sign = -sign;
        }
        self.inputs[0] = fed;
        self.inputs[1..STAGES].copy_from_slice(&outputs[..STAGES - 1]);
        fed + through
    }
}

/// (1 - a²) / (1 - a/z), the head of each chain.
#[inline]
fn low_pass(section: &mut Lanes, input: &Lanes) {
    for lane in 0..LANES {
        section[lane] = (1.0 - ALPHA * ALPHA) * input[lane] + ALPHA * section[lane];
    }
}

/// The sum of the chain's sections from the second on, each weighted with its coefficient.
#[inline]
fn chain(
    sections: &mut [Lanes; MEL_CEPSTRUM - 1],
    input: &Lanes,
    coefficients: &[f32; MEL_CEPSTRUM],
) -> Lanes {
    let mut sum = [0.0; LANES];
    let (head, rest) = sections.split_at_mut(1);
    let mut before = head[0];
    low_pass(&mut head[0], input);
    let mut current = head[0];
    for (section, weight) in rest.iter_mut().zip(&coefficients[2..]) {
        for lane in 0..LANES {
            let last = section[lane];
            section[lane] = before[lane] + ALPHA * (last - current[lane]);
            before[lane] = last;
            sum[lane] += weight * section[lane];
        }
        current = *section;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocoder::coefficients::Coefficients;

    /// What the filter does to an impulse, measured at a frequency, in nepers.
    fn gain(coefficients: &[f32; MEL_CEPSTRUM], omega: f32) -> f32 {
        let mut filter = Mlsa::new();
        let (mut real, mut imaginary) = (0f32, 0f32);
        for n in 0..2000u16 {
            let sample = filter.filter(if n == 0 { 1.0 } else { 0.0 }, coefficients);
            let (sin, cos) = (omega * f32::from(n)).sin_cos();
            real += sample * cos;
            imaginary += sample * sin;
        }
        real.hypot(imaginary).ln()
    }

    fn warped(omega: f32) -> f32 {
        omega + 2.0 * (ALPHA * omega.sin() / (1.0 - ALPHA * omega.cos())).atan()
    }

    #[test]
    fn has_the_spectrum_of_the_cepstrum() {
        let mut cepstrum = [0.0; MEL_CEPSTRUM];
        (cepstrum[1], cepstrum[2], cepstrum[5], cepstrum[24]) = (1.2, -0.7, 0.4, 0.2);
        let coefficients = Coefficients::new(&cepstrum);
        for omega in [0.1f32, 0.5, 1.0, 2.0, 3.0] {
            let wanted: f32 = (1u8..)
                .zip(&cepstrum[1..])
                .map(|(order, c)| c * (f32::from(order) * warped(omega)).cos())
                .sum();
            let measured = gain(&coefficients.values, omega) + coefficients.values[0];
            assert!(
                (measured - wanted).abs() < 0.02,
                "at {omega}: {measured} instead of {wanted}"
            );
        }
    }
}
