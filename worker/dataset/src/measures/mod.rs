//! What one segment is worth to train on, in numbers and in reasons.

mod bandwidth;
mod clipping;
mod fingerprint;
mod level;
mod limits;
mod music;
mod voices;

use std::fmt::Write;

use kiskadee_dsp::{DspError, resample};
use kiskadee_voice::loudness::{LoudnessError, integrated};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use fingerprint::{Fingerprint, MOST_DIFFERENT, NoFingerprint, near_copies};
pub use limits::{
    BANDWIDTH_FALL_DB, Bounds, CHARACTERS_PER_SECOND, CLIPPED_PERCENT_MARK, CLIPPED_PERCENT_REJECT,
    SILENT_PERCENT, SNR_DB_MARK, SNR_DB_REJECT, STEADY_PERCENT_MARK, TEXT_CHARACTERS_MARK,
    TWO_VOICES_MARK, reasons,
};
pub use voices::VoiceLook;

/// Rates at which recordings are measured, in Hz.
pub const SAMPLE_RATES: std::ops::RangeInclusive<u32> = 4_000..=192_000;

/// Why there is nothing to measure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MeasureError {
    #[error("the recording is empty")]
    Empty,
    #[error("sample {0} of the recording is not a finite number")]
    NotFinite(usize),
    #[error("a recording at {0} Hz cannot be measured: 4,000 to 192,000 Hz are possible")]
    Rate(u32),
    #[error("the spectrum of the recording cannot be measured: {0}")]
    Spectrum(String),
}

impl From<DspError> for MeasureError {
    fn from(error: DspError) -> Self {
        Self::Spectrum(error.to_string())
    }
}

/// Of one segment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    pub seconds: f64,
    pub sample_rate: u32,
    /// The 95th against the 10th percentile of the power of 20 ms: how far speech stands above its pauses. 100 at most.
    pub snr_db: f64,
    /// Samples in runs at the limit, of all samples.
    pub clipped_percent: f64,
    /// Of BS.1770; none where nothing is loud enough to be gated in.
    pub loudness_lufs: Option<f64>,
    /// The largest sample, of full scale 1.
    pub peak: f64,
    /// Time in which nobody speaks, of all time.
    pub silence_percent: f64,
    /// Up to where the spectrum reaches before it falls by 50 dB; none for what is silent or shorter than 1,024 samples.
    pub bandwidth_hz: Option<f64>,
    /// Of the samples, to find the same recording again: hexadecimal.
    pub sha256: String,
    /// Time in which a tone stands still, of all time. Of older measures nothing is known; neither are the next two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steady_percent: Option<f64>,
    /// None where too little is voiced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice: Option<VoiceLook>,
    /// To find copies that were changed a little.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
}

/// Hz, of the samples in which voices, tones and copies are looked for.
const LOOK_RATE: u32 = 16_000;

/// Measures one channel of samples, ±1 at full scale.
///
/// Errors: no samples, a sample that is not a finite number, a rate that no recording has.
pub fn measure(samples: &[f32], sample_rate: u32) -> Result<Measures, MeasureError> {
    if !SAMPLE_RATES.contains(&sample_rate) {
        return Err(MeasureError::Rate(sample_rate));
    }
    if samples.is_empty() {
        return Err(MeasureError::Empty);
    }
    if let Some(place) = samples.iter().position(|sample| !sample.is_finite()) {
        return Err(MeasureError::NotFinite(place));
    }
    let looked = look(samples, sample_rate)?;
    let levels = level::Levels::of(samples, sample_rate);
    let loudness = match integrated(samples, sample_rate) {
        Ok(loudness) => Some(f64::from(loudness)),
        Err(LoudnessError::Silent) => None,
        Err(LoudnessError::Rate(rate)) => return Err(MeasureError::Rate(rate)),
    };
    Ok(Measures {
        seconds: samples.len() as f64 / f64::from(sample_rate),
        sample_rate,
        snr_db: levels.above_pauses(),
        clipped_percent: clipping::percent(samples),
        loudness_lufs: loudness,
        peak: f64::from(clipping::peak(samples)),
        silence_percent: levels.silence_percent(),
        bandwidth_hz: bandwidth::bandwidth(samples, sample_rate)?,
        sha256: digest(samples, sample_rate),
        ..looked
    })
}

/// What is looked for at one rate, whatever that of the recording is.
fn look(samples: &[f32], sample_rate: u32) -> Result<Measures, MeasureError> {
    let at_rate = if sample_rate == LOOK_RATE {
        samples.to_vec()
    } else {
        resample(samples, sample_rate, LOOK_RATE)?
    };
    Ok(Measures {
        steady_percent: Some(music::steady_percent(&at_rate)?),
        voice: voices::look(&at_rate),
        fingerprint: Fingerprint::of(&at_rate)?,
        ..Measures::default()
    })
}

/// How fast a text is said; none where there is no text or no time.
pub fn characters_per_second(text: &str, seconds: f64) -> Option<f64> {
    let characters = text.trim().chars().count();
    (characters > 0 && seconds > 0.0).then(|| characters as f64 / seconds)
}

/// Of 16 bits a sample, so that it does not matter in which file they lay.
fn digest(samples: &[f32], sample_rate: u32) -> String {
    let mut hash = Sha256::new();
    hash.update(sample_rate.to_le_bytes());
    for piece in samples.chunks(4_096) {
        let in_16_bits = |sample: &f32| (sample.clamp(-1.0, 1.0) * 32_767.0).round() as i16;
        let bytes: Vec<u8> = piece
            .iter()
            .map(in_16_bits)
            .flat_map(i16::to_le_bytes)
            .collect();
        hash.update(&bytes);
    }
    hexadecimal(&hash.finalize())
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
