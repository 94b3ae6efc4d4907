//! The power of short stretches of sound by frequency (the short-time Fourier transform).

use std::f32::consts::TAU;
use std::sync::Arc;

use realfft::{RealFftPlanner, RealToComplex};

use crate::DspError;

/// A cosine window that repeats after its length.
#[derive(Debug, Clone, Copy)]
pub enum Window {
    Hann,
    Hamming,
}

impl Window {
    fn values(self, length: usize) -> Vec<f32> {
        let (level, swing) = match self {
            Self::Hann => (0.5, 0.5),
            Self::Hamming => (0.54, 0.46),
        };
        (0..length)
            .map(|n| level - swing * (TAU * n as f32 / length as f32).cos())
            .collect()
    }
}

/// A transform of `size` points every `hop` samples. Its frames stand around their samples: what is missing at both ends of the
/// sound is mirrored.
pub struct PowerSpectrum {
    transform: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    size: usize,
    hop: usize,
    /// Mirrored samples at either end.
    margin: usize,
}

impl PowerSpectrum {
    /// The window stands in the middle of the transform's points.
    pub fn new(size: usize, window: Window, window_length: usize, hop: usize) -> Self {
        Self {
            transform: RealFftPlanner::new().plan_fft_forward(size),
            window: window.values(window_length),
            size,
            hop,
            margin: size / 2,
        }
    }

    /// With so many mirrored samples at either end instead of half a transform, so that frames begin elsewhere.
    #[must_use]
    pub fn with_margin(self, margin: usize) -> Self {
        Self { margin, ..self }
    }

    pub fn bins(&self) -> usize {
        self.size / 2 + 1
    }

    pub fn frames(&self, samples: usize) -> usize {
        let longer = (samples + 2 * self.margin).checked_sub(self.size);
        longer.map_or(0, |longer| longer / self.hop + 1)
    }

    /// Gives the power in every bin to `take`, frame by frame, with the frame's number.
    pub fn each_frame(
        &self,
        samples: &[f32],
        mut take: impl FnMut(usize, &[f32]),
    ) -> Result<(), DspError> {
        let mirrored = mirror(samples, self.margin)?;
        let mut time = self.transform.make_input_vec();
        let mut spectrum = self.transform.make_output_vec();
        let mut scratch = self.transform.make_scratch_vec();
        let mut power = vec![0.0; self.bins()];
        let offset = (self.size - self.window.len()) / 2;
        for frame in 0..self.frames(samples.len()) {
            time.fill(0.0);
            let sounds = &mirrored[frame * self.hop + offset..];
            for ((place, sound), weight) in time[offset..].iter_mut().zip(sounds).zip(&self.window)
            {
                *place = sound * weight;
            }
            self.transform
                .process_with_scratch(&mut time, &mut spectrum, &mut scratch)
                .map_err(|error| DspError::Transform(error.to_string()))?;
            for (value, bin) in power.iter_mut().zip(&spectrum) {
                *value = bin.norm_sqr();
            }
            take(frame, &power);
        }
        Ok(())
    }
}

/// `samples` with `count` more on both sides, mirrored at the first and at the last one.
fn mirror(samples: &[f32], count: usize) -> Result<Vec<f32>, DspError> {
    if samples.len() <= count {
        return Err(DspError::TooShort {
            samples: samples.len(),
            least: count + 1,
        });
    }
    let last = samples.len() - 1;
    let mut mirrored = Vec::with_capacity(samples.len() + 2 * count);
    mirrored.extend(samples[1..=count].iter().rev());
    mirrored.extend_from_slice(samples);
    mirrored.extend(samples[last - count..last].iter().rev());
    Ok(mirrored)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_are_mirrored_without_being_doubled() {
        assert_eq!(
            mirror(&[1.0, 2.0, 3.0, 4.0], 2).unwrap(),
            [3.0, 2.0, 1.0, 2.0, 3.0, 4.0, 3.0, 2.0]
        );
        let error = mirror(&[1.0, 2.0], 2).unwrap_err().to_string();
        assert!(error.contains("at least 3"), "{error}");
    }

    #[test]
    fn a_tone_is_found_in_its_bin() {
        let spectrum = PowerSpectrum::new(256, Window::Hann, 256, 64);
        let tone: Vec<f32> = (0..1_024)
            .map(|n| (TAU * 16.0 * n as f32 / 256.0).sin())
            .collect();
        let mut seen = 0;
        spectrum
            .each_frame(&tone, |frame, power| {
                assert_eq!(frame, seen);
                seen += 1;
                // At the ends the tone is mirrored, which is another tone.
                if (2..15).contains(&frame) {
                    let loudest = (0..power.len()).max_by(|a, b| power[*a].total_cmp(&power[*b]));
                    assert_eq!(loudest, Some(16));
                }
            })
            .unwrap();
        assert_eq!(seen, spectrum.frames(tone.len()));
        assert_eq!(seen, 17);
    }

    #[test]
    fn a_smaller_margin_has_a_frame_for_each_whole_hop() {
        let spectrum = PowerSpectrum::new(256, Window::Hann, 256, 64).with_margin(96);
        assert_eq!(spectrum.frames(640), 10);
        assert_eq!(spectrum.frames(63), 0);
        let mut seen = 0;
        let tone = [0.5; 640];
        spectrum.each_frame(&tone, |_, _| seen += 1).unwrap();
        assert_eq!(seen, 10);
    }
}
