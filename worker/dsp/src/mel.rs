//! The power of a sound by mel band and time.

use crate::{DspError, Filterbank, PowerSpectrum};

/// The power of a sound by band and time.
pub struct Mel {
    spectrum: PowerSpectrum,
    filters: Filterbank,
}

impl Mel {
    pub fn new(spectrum: PowerSpectrum, filters: Filterbank) -> Self {
        Self { spectrum, filters }
    }

    pub fn bands(&self) -> usize {
        self.filters.bands()
    }

    /// `[bands, frames]`, row by row.
    pub fn power(&self, samples: &[f32]) -> Result<Vec<f32>, DspError> {
        let frames = self.spectrum.frames(samples.len());
        let mut mel = vec![0.0; self.bands() * frames];
        self.spectrum.each_frame(samples, |frame, power| {
            for (band, value) in self.filters.apply(power).enumerate() {
                mel[band * frames + frame] = value;
            }
        })?;
        Ok(mel)
    }
}
