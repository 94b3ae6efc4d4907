//! The mel spectrogram that the pitch network was trained on.

use kiskadee_dsp::{Filterbank, PowerSpectrum, Window};

use crate::error::Result;

pub(crate) const BANDS: usize = 128;
const SAMPLE_RATE: u32 = 16_000;
const SIZE: usize = 1024;
const HOP: usize = 160;
/// Hz
const LOWEST: f64 = 30.0;
const HIGHEST: f64 = 8000.0;
/// Below which no magnitude counts.
const FLOOR: f32 = 1e-5;

/// Magnitudes by band and time, in natural logarithms.
pub(crate) struct MelSpectrum {
    spectrum: PowerSpectrum,
    filters: Filterbank,
}

impl MelSpectrum {
    pub(crate) fn new() -> Self {
        let spectrum = PowerSpectrum::new(SIZE, Window::Hann, SIZE, HOP);
        let filters = Filterbank::htk(spectrum.bins(), SAMPLE_RATE, BANDS, (LOWEST, HIGHEST));
        Self { spectrum, filters }
    }

    /// Of samples at 16 kHz, `[samples / 160 + 1, band]`.
    pub(crate) fn of(&self, samples: &[f32]) -> Result<Vec<f32>> {
        let mut mel = Vec::with_capacity(self.spectrum.frames(samples.len()) * BANDS);
        self.spectrum.each_frame(samples, |_, power| {
            let magnitudes: Vec<f32> = power.iter().map(|power| power.sqrt()).collect();
            let bands = self.filters.apply(&magnitudes);
            mel.extend(bands.map(|magnitude| magnitude.max(FLOOR).ln()));
        })?;
        Ok(mel)
    }
}
