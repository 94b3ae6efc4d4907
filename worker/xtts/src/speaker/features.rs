//! What the speaker encoder hears: 64 bands of mel power at 16 kHz, each levelled over the whole of the recording.

use candle_core::{Device, Tensor};
use kiskadee_dsp::{Filterbank, Mel, PowerSpectrum, Resampler, Scaling, Window};

use super::feature_map::FeatureMap;
use crate::error::{Result, XttsError};
use crate::mel::INPUT_RATE;
use crate::parameters::Trace;

/// Hz
const RATE: u32 = 16_000;
pub(super) const BANDS: usize = 64;

const SPECTRUM: usize = 512;
const WINDOW: usize = 400;
const HOP: usize = 160;
/// Hz
const HIGHEST: f32 = 8_000.0;
/// How much of the sample before is taken off each sample.
const PRE_EMPHASIS: f32 = 0.97;
/// Is added to the power before its logarithm.
const FLOOR: f32 = 1e-6;
/// Is added to a band's variance.
const EPSILON: f32 = 1e-5;

pub(super) struct Features {
    resampler: Resampler,
    mel: Mel,
}

impl Features {
    pub(super) fn new() -> Result<Self> {
        let spectrum = PowerSpectrum::new(SPECTRUM, Window::Hamming, WINDOW, HOP);
        let bins = spectrum.bins();
        let filters = Filterbank::new(bins, RATE, BANDS, HIGHEST, Scaling::Height);
        Ok(Self {
            resampler: Resampler::new(INPUT_RATE, RATE)?,
            mel: Mel::new(spectrum, filters),
        })
    }

    /// A map of one channel of mono samples at [`INPUT_RATE`].
    pub(super) fn of(&self, samples: &[f32], trace: &mut Trace<'_>) -> Result<FeatureMap> {
        let sound = self.resampler.apply(samples);
        trace.show("spk.wav_16000", || row(&sound))?;
        let emphasized = emphasize(&sound)?;
        trace.show("spk.preemph", || row(&emphasized))?;
        let mut mel = self.mel.power(&emphasized)?;
        let frames = mel.len() / BANDS;
        trace.show("spk.mel_power", || bands(&mel, frames))?;
        mel.chunks_exact_mut(frames).for_each(level);
        trace.show("spk.instancenorm", || bands(&mel, frames))?;
        Ok(FeatureMap {
            values: mel,
            bands: BANDS,
            frames,
            channels: 1,
        })
    }
}

/// Lifts the high frequencies. The sample before the first one is the second one, mirrored.
fn emphasize(sound: &[f32]) -> Result<Vec<f32>> {
    let &[_, second, ..] = sound else {
        return Err(XttsError::Input("a recording of no length".to_owned()));
    };
    let before = std::iter::once(&second).chain(sound);
    let pairs = sound.iter().zip(before);
    Ok(pairs
        .map(|(now, before)| now - PRE_EMPHASIS * before)
        .collect())
}

/// The logarithm of a band's power, with a mean of 0 and a variance of 1.
fn level(band: &mut [f32]) {
    for value in band.iter_mut() {
        *value = (*value + FLOOR).ln();
    }
    let count = band.len() as f64;
    let mean = band.iter().map(|value| f64::from(*value)).sum::<f64>() / count;
    let square = |value: &f32| (f64::from(*value) - mean).powi(2);
    let variance = band.iter().map(square).sum::<f64>() / count;
    let factor = 1.0 / (variance as f32 + EPSILON).sqrt();
    let mean = mean as f32;
    for value in band {
        *value = (*value - mean) * factor;
    }
}

fn row(samples: &[f32]) -> candle_core::Result<Tensor> {
    Tensor::from_slice(samples, (1, samples.len()), &Device::Cpu)
}

fn bands(mel: &[f32], frames: usize) -> candle_core::Result<Tensor> {
    Tensor::from_slice(mel, (1, BANDS, frames), &Device::Cpu)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_levelled_band_has_no_mean_and_unit_variance() {
        let mut band: Vec<f32> = (1..100).map(|i| (i as f32).powi(3)).collect();
        level(&mut band);
        let mean = band.iter().sum::<f32>() / 99.0;
        let variance = band.iter().map(|value| value * value).sum::<f32>() / 99.0;
        assert!(mean.abs() < 1e-5 && (variance - 1.0).abs() < 1e-3);
        let mut silence = [0.0; 10];
        level(&mut silence);
        assert!(silence.iter().all(|value| value.abs() < 1e-3));
    }

    #[test]
    fn the_first_sample_has_the_second_before_it() {
        assert_eq!(
            emphasize(&[1.0, 2.0]).unwrap(),
            [1.0 - 0.97 * 2.0, 2.0 - 0.97]
        );
        assert!(emphasize(&[1.0]).is_err());
    }
}
