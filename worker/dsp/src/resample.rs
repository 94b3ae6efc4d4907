//! Other sample rates by a windowed sinc, as `torchaudio` does by default (`sinc_interp_hann`; J. O. Smith, "Digital Audio Resampling").
//!
//! The models were trained behind that filter, so it is made here in the same arithmetic: that of f32.

use std::f32::consts::PI;

use crate::DspError;

/// Zero crossings of the sinc on each side.
const CROSSINGS: f32 = 6.0;
/// The cut-off as a part of the lower of both Nyquist frequencies.
const ROLLOFF: f64 = 0.99;

/// A change from one sample rate to another: for each of the output's phases the few taps that are not 0.
pub struct Resampler {
    /// Both rates without their common factor.
    from: usize,
    to: usize,
    /// Samples that the filter reaches to each side.
    width: usize,
    /// `[to, 2 * width + 1]`
    taps: Vec<f32>,
}

/// Mono `samples` at the rate `to`; both rates in Hz. As many as last for the same time, rounded up.
pub fn resample(samples: &[f32], from: u32, to: u32) -> Result<Vec<f32>, DspError> {
    Ok(Resampler::new(from, to)?.apply(samples))
}

impl Resampler {
    pub fn new(from: u32, to: u32) -> Result<Self, DspError> {
        if from == 0 || to == 0 {
            return Err(DspError::NoRate);
        }
        let common = greatest_common_divisor(from, to);
        let (from, to) = ((from / common) as usize, (to / common) as usize);
        let cut_off = from.min(to) as f64 * ROLLOFF;
        let width = (f64::from(CROSSINGS) * from as f64 / cut_off).ceil() as usize;
        let kernel = Kernel {
            from: from as f32,
            to: to as f32,
            cut_off: cut_off as f32,
            scale: (cut_off / from as f64) as f32,
        };
        let taps = (0..if from == to { 0 } else { to }).flat_map(|phase| {
            let first = (phase * from / to) as f32 - width as f32;
            (0..=2 * width).map(move |tap| kernel.at(phase as f32, first + tap as f32))
        });
        Ok(Self {
            taps: taps.collect(),
            from,
            to,
            width,
        })
    }

    pub fn apply(&self, samples: &[f32]) -> Vec<f32> {
        if self.from == self.to {
            return samples.to_vec();
        }
        let count = (samples.len() * self.to).div_ceil(self.from);
        let mut padded = vec![0.0; samples.len() + 2 * self.width + 1];
        padded[self.width..][..samples.len()].copy_from_slice(samples);
        let phases = self.taps.chunks_exact(2 * self.width + 1).cycle();
        (0..count)
            .zip(phases)
            .map(|(place, taps)| {
                let sounds = &padded[place * self.from / self.to..];
                taps.iter()
                    .zip(sounds)
                    .map(|(tap, sound)| tap * sound)
                    .sum()
            })
            .collect()
    }
}

/// The windowed sinc.
#[derive(Clone, Copy)]
struct Kernel {
    from: f32,
    to: f32,
    cut_off: f32,
    scale: f32,
}

impl Kernel {
    /// The weight of the input sample `sample` for the output sample `phase`, both counted from the same moment.
    fn at(self, phase: f32, sample: f32) -> f32 {
        let distance = -phase / self.to + sample / self.from;
        let distance = (distance * self.cut_off).clamp(-CROSSINGS, CROSSINGS);
        let window = (distance * PI / CROSSINGS / 2.0).cos().powi(2);
        let angle = distance * PI;
        let sinc = if angle == 0.0 {
            1.0
        } else {
            angle.sin() / angle
        };
        sinc * (window * self.scale)
    }
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    fn tone(rate: u32, count: usize) -> Vec<f32> {
        (0..count)
            .map(|n| (TAU * 440.0 * n as f64 / f64::from(rate)).sin() as f32)
            .collect()
    }

    #[test]
    fn a_tone_stays_a_tone_between_any_rates() {
        for (from, to) in [
            (8_000, 22_050),
            (11_025, 22_050),
            (16_000, 22_050),
            (22_050, 16_000),
            (44_100, 22_050),
            (48_000, 22_050),
            (22_050, 22_051),
            (192_000, 22_050),
        ] {
            let out = resample(&tone(from, from as usize / 5), from, to).unwrap();
            assert_eq!(
                out.len(),
                (from as usize / 5 * to as usize).div_ceil(from as usize)
            );
            let wanted = tone(to, out.len());
            let inner = out.len() / 10..out.len() * 9 / 10;
            let error = inner
                .map(|i| (out[i] - wanted[i]).abs())
                .fold(0.0, f32::max);
            assert!(error < 0.01, "{from} to {to}: {error}");
        }
    }

    #[test]
    fn what_is_above_the_new_nyquist_frequency_is_taken_away() {
        let high: Vec<f32> = (0..9_600)
            .map(|n| (TAU * 15_000.0 * f64::from(n) / 48_000.0).sin() as f32)
            .collect();
        let out = resample(&high, 48_000, 22_050).unwrap();
        let loudest = out[100..out.len() - 100]
            .iter()
            .fold(0.0f32, |a, b| a.max(b.abs()));
        assert!(loudest < 0.02, "{loudest}");
    }

    #[test]
    fn nothing_to_do_is_nothing_done() {
        let samples = tone(22_050, 100);
        assert_eq!(resample(&samples, 22_050, 22_050).unwrap(), samples);
        assert!(resample(&[], 16_000, 22_050).unwrap().is_empty());
        assert!(resample(&samples, 0, 22_050).is_err());
        assert!(resample(&samples, 16_000, 0).is_err());
    }
}
