//! How far up a spectrum really reaches: what was once at 8 kHz stays dull, whatever rate its file says.

use kiskadee_dsp::{PowerSpectrum, Window};

use super::MeasureError;
use super::limits::BANDWIDTH_FALL_DB;

const SIZE: usize = 1_024;
const HOP: usize = SIZE / 2;
/// Of a longer recording so many frames are looked at.
const MOST_FRAMES: usize = 2_000;
/// Of each band the frames that are loud in it count: hisses are short, and all that reaches high.
const LOUD_PERCENT: usize = 95;
/// Decibels are averaged over so many neighbouring bands: harmonics have valleys between them, and a whistle of electronics is no bandwidth.
const NEIGHBOURS: usize = 16;
/// Power of one band below which there is nothing at all.
const NOTHING: f32 = 1e-9;

/// In Hz; none for what is shorter than a frame or silent.
pub(super) fn bandwidth(samples: &[f32], sample_rate: u32) -> Result<Option<f64>, MeasureError> {
    if samples.len() < SIZE {
        return Ok(None);
    }
    let hop = HOP.max(samples.len() / MOST_FRAMES);
    let spectrum = PowerSpectrum::new(SIZE, Window::Hann, SIZE, hop);
    let mut bands = vec![Vec::with_capacity(spectrum.frames(samples.len())); spectrum.bins()];
    spectrum.each_frame(samples, |_, power| {
        for (band, power) in bands.iter_mut().zip(power) {
            band.push(*power);
        }
    })?;
    let loud: Vec<f32> = bands.into_iter().map(loud).collect();
    let levels: Vec<f64> = loud.iter().map(|power| decibels(*power)).collect();
    let sums = levels
        .windows(NEIGHBOURS)
        .map(|bands| bands.iter().sum::<f64>());
    let smooth: Vec<f64> = sums.map(|sum| sum / NEIGHBOURS as f64).collect();
    let strongest = smooth.iter().copied().fold(f64::MIN, f64::max);
    if strongest < decibels(NOTHING) {
        return Ok(None);
    }
    let reaches = smooth
        .iter()
        .rposition(|level| *level >= strongest - BANDWIDTH_FALL_DB);
    let band = reaches.map_or(0, |first| first + NEIGHBOURS / 2);
    Ok(Some(band as f64 * f64::from(sample_rate) / SIZE as f64))
}

fn decibels(power: f32) -> f64 {
    10.0 * f64::from(power.clamp(NOTHING / 100.0, f32::MAX)).log10()
}

fn loud(mut powers: Vec<f32>) -> f32 {
    let place = powers.len().saturating_sub(1) * LOUD_PERCENT / 100;
    if powers.is_empty() {
        return 0.0;
    }
    *powers.select_nth_unstable_by(place, f32::total_cmp).1
}

#[cfg(test)]
mod tests {
    use kiskadee_voice::resample::resample;

    use super::*;

    fn noise(length: usize) -> Vec<f32> {
        let mut state = 1_u32;
        let next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 25) as f32 - 0.25
        };
        std::iter::repeat_with(next).take(length).collect()
    }

    #[test]
    fn what_was_recorded_at_a_low_rate_stays_dull() {
        let dull = resample(&noise(16_000), 8_000, 44_100).unwrap();
        let found = bandwidth(&dull, 44_100).unwrap().unwrap();
        assert!((3_600.0..4_400.0).contains(&found), "{found}");
        let bright = bandwidth(&noise(88_200), 44_100).unwrap().unwrap();
        assert!(bright > 21_500.0, "{bright}");
    }

    #[test]
    fn a_whistle_is_no_bandwidth() {
        let mut dull = resample(&noise(16_000), 8_000, 44_100).unwrap();
        for (n, sample) in dull.iter_mut().enumerate() {
            // Between two bands of 43 Hz.
            *sample += 0.001 * (std::f32::consts::TAU * 15_525.0 * n as f32 / 44_100.0).sin();
        }
        let found = bandwidth(&dull, 44_100).unwrap().unwrap();
        assert!(found < 4_400.0, "{found}");
    }

    #[test]
    fn what_is_silent_or_short_has_none() {
        assert_eq!(bandwidth(&vec![0.0; 5_000], 16_000), Ok(None));
        assert_eq!(bandwidth(&[0.5; SIZE - 1], 16_000), Ok(None));
    }
}
