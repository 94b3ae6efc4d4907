//! The log-mel spectrogram: what the encoder hears.

use candle_core::{Device, Tensor};
use kiskadee_dsp::{Filterbank, Mel, PowerSpectrum, Window};

use crate::error::Result;

/// Hz
pub const SAMPLE_RATE: u32 = 16_000;
/// Samples of what is heard at once: 30 s.
pub const WINDOW_SAMPLES: usize = 30 * SAMPLE_RATE as usize;
/// Frames of it.
pub(crate) const WINDOW_FRAMES: usize = WINDOW_SAMPLES / HOP;

const SIZE: usize = 400;
const HOP: usize = 160;
/// Power below which nothing is told apart.
const FLOOR: f32 = 1e-10;
/// Powers of ten below the loudest of the recording at which the floor stands.
const RANGE: f32 = 8.0;

/// Spectrograms of so many bands.
pub struct LogMel {
    mel: Mel,
}

impl LogMel {
    pub fn new(bands: usize) -> Self {
        let spectrum = PowerSpectrum::new(SIZE, Window::Hann, SIZE, HOP);
        let filters = Filterbank::slaney(spectrum.bins(), SAMPLE_RATE, bands);
        Self {
            mel: Mel::new(spectrum, filters),
        }
    }

    /// `[frames, bands]` on the CPU, 100 frames a second, of mono samples and `padding` zeros behind them.
    pub fn compute(&self, samples: &[f32], padding: usize) -> Result<Tensor> {
        let mut padded = Vec::with_capacity(samples.len() + padding);
        padded.extend_from_slice(samples);
        padded.resize(samples.len() + padding, 0.0);
        let mut mel = self.mel.power(&padded)?;
        let (bands, frames) = (self.mel.bands(), mel.len() / self.mel.bands());
        // The reference leaves the last frame out.
        let kept = frames - 1;
        let rows = mel
            .chunks_exact_mut(frames)
            .flat_map(|row| &mut row[..kept]);
        let mut most = f32::NEG_INFINITY;
        for value in rows {
            *value = value.max(FLOOR).log10();
            most = most.max(*value);
        }
        let scaled = |value: f32| (value.max(most - RANGE) + 4.0) / 4.0;
        let by_frame = (0..kept).flat_map(|frame| {
            let mel = &mel;
            (0..bands).map(move |band| scaled(mel[band * frames + frame]))
        });
        let by_frame: Vec<f32> = by_frame.collect();
        Ok(Tensor::from_vec(by_frame, (kept, bands), &Device::Cpu)?)
    }

    /// [`LogMel::compute`] of the first 30 s, silence where there is less.
    pub fn window(&self, samples: &[f32]) -> Result<Tensor> {
        let heard = &samples[..samples.len().min(WINDOW_SAMPLES)];
        self.compute(heard, WINDOW_SAMPLES - heard.len())
    }
}

/// At most 30 s of a spectrogram from a frame on, filled up with zeros as the reference does.
pub(crate) fn window_at(mel: &Tensor, frame: usize, count: usize) -> Result<Tensor> {
    let part = mel.narrow(0, frame, count)?;
    Ok(part.pad_with_zeros(0, 0, WINDOW_FRAMES - count)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_3000_frames_whatever_is_heard() {
        let mel = LogMel::new(80);
        for count in [0, 1, 16_000, WINDOW_SAMPLES + 5] {
            let window = mel.window(&vec![0.1; count]).unwrap();
            assert_eq!(window.dims(), [WINDOW_FRAMES, 80]);
        }
    }

    #[test]
    fn what_is_silent_is_at_the_floor() {
        let window = LogMel::new(128).window(&[]).unwrap();
        let values: Vec<f32> = window.flatten_all().unwrap().to_vec1().unwrap();
        assert!(values.iter().all(|value| (value + 1.5).abs() < 1e-6));
    }
}
