//! What excites the filter: pulses and noise, mixed band by band (Yoshimura et al., 2001).
//!
//! Pulses are put where they belong between two samples: whole samples would make high voices rough.

use super::bands::{Response, TAPS, mix};
use crate::{HOP, SAMPLE_RATE, STRENGTHS};

/// Hz
const LOWEST: f32 = 40.0;
const HIGHEST: f32 = 500.0;
/// Samples between updates of the noise's filter.
const STEP: usize = 16;
/// Far below hearing; keeps filters from dying away into denormal numbers.
const FLOOR: f32 = 1e-8;

/// f0 and strengths of a frame, whatever was given made sound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Source {
    /// Samples from pulse to pulse; none where unvoiced.
    period: Option<f32>,
    strengths: [f32; STRENGTHS],
}

/// The generator and its memory.
#[derive(Debug, Clone)]
pub(super) struct Excitation {
    /// Part of the way to the next pulse.
    phase: f32,
    /// Rest of pulses that are sounding already, from the present sample on.
    sounding: [f32; HOP + 2 * TAPS],
    /// The last noise, and room for a frame.
    noise: [f32; TAPS - 1 + HOP],
    random: u32,
}

impl Source {
    pub(super) fn new(f0: f32, strengths: &[f32; STRENGTHS]) -> Self {
        let voiced = f0.is_finite() && f0 > 0.0;
        Self {
            period: voiced.then(|| SAMPLE_RATE as f32 / f0.clamp(LOWEST, HIGHEST)),
            strengths: strengths.map(|strength| {
                if strength.is_finite() {
                    strength.clamp(0.0, 1.0)
                } else {
                    0.0
                }
            }),
        }
    }

    fn strengths_towards(&self, next: &Self, part: f32) -> [f32; STRENGTHS] {
        std::array::from_fn(|band| {
            self.strengths[band] + (next.strengths[band] - self.strengths[band]) * part
        })
    }
}

impl Excitation {
    pub(super) fn new() -> Self {
        Self {
            phase: 1.0,
            sounding: [0.0; HOP + 2 * TAPS],
            noise: [0.0; TAPS - 1 + HOP],
            random: 0x9E37_79B9,
        }
    }

    /// The excitation from one frame to the next, of unit power in the mean.
    pub(super) fn block(&mut self, from: &Source, to: &Source) -> [f32; HOP] {
        self.add_pulses(from, to);
        let mut block = [0.0; HOP];
        block.copy_from_slice(&self.sounding[..HOP]);
        self.sounding.copy_within(HOP.., 0);
        self.sounding[2 * TAPS..].fill(0.0);
        self.add_noise(from, to, &mut block);
        block
    }

    fn add_pulses(&mut self, from: &Source, to: &Source) {
        let (Some(first), Some(last)) = (from.period, to.period) else {
            // The next voiced sound begins with a pulse.
            self.phase = 1.0;
            return;
        };
        for sample in 0..HOP {
            let part = sample as f32 / HOP as f32;
            let period = first + (last - first) * part;
            if self.phase >= 1.0 {
                self.phase -= 1.0;
                // The pulse came so long before this sample; it is put one sample later.
                let late = (self.phase * period).min(1.0);
                let response = mix(&from.strengths_towards(to, part), 1.0 - late);
                self.add_pulse(sample, period.sqrt(), &response);
            }
            self.phase += 1.0 / period;
        }
    }

    fn add_pulse(&mut self, sample: usize, height: f32, response: &Response) {
        let places = &mut self.sounding[sample..sample + TAPS];
        places
            .iter_mut()
            .zip(response)
            .for_each(|(place, value)| *place += height * value);
    }

    fn add_noise(&mut self, from: &Source, to: &Source, block: &mut [f32; HOP]) {
        for place in TAPS - 1..self.noise.len() {
            self.noise[place] = self.random_sign();
        }
        for (number, step) in block.chunks_mut(STEP).enumerate() {
            let part = (number * STEP + STEP / 2) as f32 / HOP as f32;
            let strengths = from.strengths_towards(to, part);
            // Responses are symmetric, so the order of the taps does not matter.
            let response = mix(&strengths.map(|strength| 1.0 - strength + FLOOR), 0.0);
            for (offset, sample) in step.iter_mut().enumerate() {
                let start = number * STEP + offset;
                *sample += dot(&self.noise[start..start + TAPS], &response);
            }
        }
        self.noise.copy_within(HOP.., 0);
    }

    /// 1 or -1 (Marsaglia's xorshift, 2003).
    fn random_sign(&mut self) -> f32 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        if self.random & 0x8000_0000 == 0 {
            1.0
        } else {
            -1.0
        }
    }
}

/// In eight sums, which the machine adds at once.
fn dot(noise: &[f32], response: &Response) -> f32 {
    const LANES: usize = 8;
    let mut sums = [0f32; LANES];
    let (noise, noise_rest) = noise.as_chunks::<LANES>();
    let (response, response_rest) = response.as_chunks::<LANES>();
    for (a, b) in noise.iter().zip(response) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest = noise_rest.iter().zip(response_rest).map(|(a, b)| a * b);
    sums.iter().sum::<f32>() + rest.sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excite(f0: f32, strength: f32, blocks: usize) -> Vec<f32> {
        let source = Source::new(f0, &[strength; STRENGTHS]);
        let mut excitation = Excitation::new();
        (0..blocks)
            .flat_map(|_| excitation.block(&source, &source))
            .collect()
    }

    fn power(samples: &[f32]) -> f32 {
        samples.iter().map(|v| v * v).sum::<f32>() / samples.len() as f32
    }

    #[test]
    fn pulses_and_noise_have_unit_power() {
        for (f0, strength) in [(0.0, 0.0), (100.0, 1.0), (233.0, 1.0), (150.0, 0.0)] {
            let power = power(&excite(f0, strength, 200));
            assert!((power - 1.0).abs() < 0.1, "{f0} {strength}: {power}");
        }
    }

    #[test]
    fn pulses_come_at_the_fundamental_frequency() {
        let samples = excite(230.0, 1.0, 200);
        let peaks: Vec<usize> = (1..samples.len() - 1)
            .filter(|i| {
                samples[*i] > 3.0 && samples[*i] >= samples[i - 1] && samples[*i] > samples[i + 1]
            })
            .collect();
        let period = (peaks[peaks.len() - 1] - peaks[0]) as f32 / (peaks.len() - 1) as f32;
        assert!((16_000.0 / period - 230.0).abs() < 0.5, "{period}");
    }

    #[test]
    fn nonsense_is_made_sound() {
        let source = Source::new(f32::NAN, &[f32::INFINITY, f32::NAN, -3.0, 7.0, 0.5]);
        assert_eq!(source.period, None);
        let wanted = [0.0, 0.0, 0.0, 1.0, 0.5];
        let pairs = source.strengths.iter().zip(wanted);
        assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-6));
        assert_eq!(Source::new(1e9, &[0.0; 5]).period, Some(32.0));
    }
}
