//! Loudness by ITU-R BS.1770 (`ebur128`): one gain for a voice's whole speech, so that it can be streamed, and a limiter
//! for what then is too loud.

use ebur128::{EbuR128, Mode};

/// LUFS of all voices' speech: EBU R128's level.
pub const TARGET: f32 = -23.0;
/// Decibels; no voice is so quiet or loud that it would need more.
const MOST: f32 = 30.0;
/// Above this samples are bent towards ±1 (-1.9 dB).
const KNEE: f32 = 0.8;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LoudnessError {
    #[error("the loudness of a recording at {0} Hz cannot be measured")]
    Rate(u32),
    #[error("the recording is too quiet or, with less than 0.4 s, too short to have a loudness")]
    Silent,
}

/// Integrated loudness in LUFS of mono samples within ±1 at `sample_rate` Hz; pauses do not count.
pub fn integrated(samples: &[f32], sample_rate: u32) -> Result<f32, LoudnessError> {
    let failed = |_| LoudnessError::Rate(sample_rate);
    let mut meter = EbuR128::new(1, sample_rate, Mode::I).map_err(failed)?;
    meter.add_frames_f32(samples).map_err(failed)?;
    let loudness = meter.loudness_global().map_err(failed)? as f32;
    if loudness.is_finite() {
        Ok(loudness)
    } else {
        Err(LoudnessError::Silent)
    }
}

/// The factor that brings a voice of `loudness` (LUFS, [`integrated`]) to [`TARGET`].
pub fn gain(loudness: f32) -> f32 {
    let decibels = (TARGET - loudness).clamp(-MOST, MOST);
    if decibels.is_finite() {
        10f32.powf(decibels / 20.0)
    } else {
        1.0
    }
}

/// Every sample times `gain`, limited softly.
pub fn amplify(samples: &mut [f32], gain: f32) {
    for sample in samples {
        *sample = soft_limit(*sample * gain);
    }
}

/// Samples up to 0.8 as they are, louder ones smoothly below ±1; what is not a number becomes 0.
///
/// It knows no other samples, so a stream sounds the same however it is cut.
pub fn soft_limit(sample: f32) -> f32 {
    let size = sample.abs();
    if size <= KNEE {
        sample
    } else if size > KNEE {
        let over = (size - KNEE) / (1.0 - KNEE);
        (KNEE + (1.0 - KNEE) * over.tanh()).copysign(sample)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;

    fn tone(height: f32) -> Vec<f32> {
        (0..32_000u16)
            .map(|n| height * (TAU * 997.0 * f32::from(n) / 16_000.0).sin())
            .collect()
    }

    #[test]
    fn a_full_tone_has_the_loudness_of_the_standard() {
        // BS.1770-4: a sine of 997 Hz at full scale in one channel measures -3.01 LKFS.
        let loudness = integrated(&tone(1.0), 16_000).unwrap();
        assert!((loudness + 3.01).abs() < 0.1, "{loudness}");
    }

    #[test]
    fn every_level_is_brought_to_the_target() {
        for height in [0.02, 0.2, 0.9] {
            let mut samples = tone(height);
            let factor = gain(integrated(&samples, 16_000).unwrap());
            amplify(&mut samples, factor);
            let loudness = integrated(&samples, 16_000).unwrap();
            assert!((loudness - TARGET).abs() < 0.1, "{height}: {loudness}");
        }
    }

    #[test]
    fn silence_has_no_loudness() {
        assert_eq!(
            integrated(&vec![0.0; 16_000], 16_000),
            Err(LoudnessError::Silent)
        );
        assert_eq!(integrated(&[], 16_000), Err(LoudnessError::Silent));
        assert_eq!(integrated(&tone(0.5), 0), Err(LoudnessError::Rate(0)));
        assert!((gain(f32::NAN) - 1.0).abs() < 1e-6 && (gain(-1e9) - 31.6).abs() < 0.1);
    }

    #[test]
    fn the_limiter_leaves_quiet_samples_and_never_reaches_beyond_one() {
        assert!((soft_limit(-0.7) + 0.7).abs() < 1e-6);
        assert!(soft_limit(f32::NAN).abs() < 1e-6);
        let mut last = 0.0;
        for step in 0..300u16 {
            let out = soft_limit(f32::from(step) * 0.01);
            assert!(out >= last && out <= 1.0);
            last = out;
        }
        assert!(soft_limit(f32::NEG_INFINITY) >= -1.0);
    }
}
