//! Mel spectrograms: what the networks hear of a sound.

use candle_core::{Device, Tensor};
use kiskadee_checkpoint::Weights;
use kiskadee_dsp::{Filterbank, Mel, PowerSpectrum, Scaling, Window};

use crate::error::{Result, XttsError};

/// Hz; the rate of what the GPT is conditioned on and trained with.
pub const INPUT_RATE: u32 = 22_050;
/// Bands of the spectrograms of the GPT and the DVAE.
pub const MEL_BANDS: usize = 80;
/// Samples from one frame of them to the next.
pub const MEL_HOP: usize = 256;

const WINDOW: usize = 1024;
/// Hz
const HIGHEST: f32 = 8_000.0;
/// Power below which nothing is told apart.
const FLOOR: f32 = 1e-5;

/// The logarithm of a mel spectrogram of sound at [`INPUT_RATE`], each band divided by what the checkpoint says of it.
pub struct LogMel {
    mel: Mel,
    /// One for each band.
    scales: Vec<f32>,
}

impl LogMel {
    /// What the conditioning encoder takes. `scales` are the checkpoint's `mel_stats`.
    pub fn conditioning(scales: &[f32]) -> Result<Self> {
        Self::new(2048, scales)
    }

    /// What the DVAE takes.
    pub fn dvae(scales: &[f32]) -> Result<Self> {
        Self::new(1024, scales)
    }

    fn new(size: usize, scales: &[f32]) -> Result<Self> {
        let usable = |scale: &f32| scale.is_finite() && *scale != 0.0;
        if scales.len() != MEL_BANDS || !scales.iter().all(usable) {
            let reason = format!("must hold {MEL_BANDS} finite values other than 0");
            return Err(XttsError::tensor("mel_stats", reason));
        }
        let spectrum = PowerSpectrum::new(size, Window::Hann, WINDOW, MEL_HOP);
        let bins = spectrum.bins();
        let filters = Filterbank::new(bins, INPUT_RATE, MEL_BANDS, HIGHEST, Scaling::Area);
        Ok(Self {
            mel: Mel::new(spectrum, filters),
            scales: scales.to_vec(),
        })
    }

    /// `[bands, time]`, on the CPU, of mono samples.
    pub fn compute(&self, samples: &[f32]) -> Result<Tensor> {
        let mut mel = self.mel.power(samples)?;
        let frames = mel.len() / MEL_BANDS;
        for (band, scale) in mel.chunks_exact_mut(frames).zip(&self.scales) {
            for value in band {
                *value = value.max(FLOOR).ln() / scale;
            }
        }
        Ok(Tensor::from_vec(mel, (MEL_BANDS, frames), &Device::Cpu)?)
    }

    /// `[batch, bands, time]` of recordings of one length.
    pub fn compute_batch(&self, recordings: &[&[f32]]) -> Result<Tensor> {
        let mels: Result<Vec<Tensor>> = recordings.iter().map(|one| self.compute(one)).collect();
        Ok(Tensor::stack(&mels?, 0)?)
    }
}

/// The checkpoint's `mel_stats`, for [`LogMel`].
pub fn mel_scales(weights: &Weights) -> Result<Vec<f32>> {
    Ok(weights.get("mel_stats", MEL_BANDS)?.to_vec1()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_that_cannot_divide_are_refused() {
        for scales in [vec![1.0; 79], vec![0.0; 80], vec![f32::NAN; 80]] {
            assert!(LogMel::dvae(&scales).is_err());
        }
    }

    #[test]
    fn silence_is_the_floor_in_every_band() {
        let mel = LogMel::conditioning(&[2.0; 80]).unwrap();
        let silence = mel.compute_batch(&[&[0.0; 2_000], &[0.0; 2_000]]).unwrap();
        assert_eq!(silence.dims(), [2, 80, 8]);
        let values: Vec<f32> = silence.flatten_all().unwrap().to_vec1().unwrap();
        assert!(values.iter().all(|v| (v - FLOOR.ln() / 2.0).abs() < 1e-6));
    }
}
