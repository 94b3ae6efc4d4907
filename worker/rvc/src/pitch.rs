//! The pitch on its way to the networks.

use crate::error::Result;

/// Pitches that are told apart: 1 stands for none, and for the lowest.
pub(crate) const COARSE: usize = 256;
/// Hz between which they lie.
const LOWEST: f64 = 50.0;
const HIGHEST: f64 = 1100.0;

/// Finds the pitch of recordings.
pub trait PitchTracker: Send + Sync {
    /// Samples at 16 kHz to the pitch in Hz every 10 ms, 0 where there is none: `samples / 160 + 1` values, the first at the first sample.
    fn track(&self, samples: &[f32]) -> Result<Vec<f32>>;
}

/// What becomes of the pitch where nobody sings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unvoiced {
    /// It stays 0, as in Applio and in RVC before 2026.
    #[default]
    Zero,
    /// It goes from the pitch before to the one behind, as in RVC since 2026.
    Interpolate,
}

/// The mel scale on which pitches are told apart.
fn mel(hz: f64) -> f64 {
    1127.0 * (1.0 + hz / 700.0).ln()
}

/// The number of each pitch, 1 to 255.
pub(crate) fn coarse(pitch: &[f32]) -> Vec<u32> {
    let (lowest, highest) = (mel(LOWEST), mel(HIGHEST));
    let steps = (COARSE - 2) as f64 / (highest - lowest);
    let number = |hz: &f32| {
        if *hz <= 0.0 {
            return 1;
        }
        let place = (mel(f64::from(*hz)) - lowest) * steps + 1.0;
        place.clamp(1.0, (COARSE - 1) as f64).round_ties_even() as u32
    };
    pitch.iter().map(number).collect()
}

/// Higher by so many semitones.
pub(crate) fn shift(pitch: &mut [f32], semitones: f32) {
    let factor = (f64::from(semitones) / 12.0).exp2();
    for hz in pitch {
        *hz = (f64::from(*hz) * factor) as f32;
    }
}

/// Fills what has no pitch, evenly from the pitch before to the one behind; at the ends with the nearest.
pub(crate) fn interpolate(pitch: &mut [f32]) {
    let voiced: Vec<usize> = (0..pitch.len())
        .filter(|frame| pitch[*frame] > 0.0)
        .collect();
    let (Some(first), Some(last)) = (voiced.first().copied(), voiced.last().copied()) else {
        return;
    };
    let (begin, end) = (pitch[first], pitch[last]);
    pitch[..first].fill(begin);
    pitch[last..].fill(end);
    for pair in voiced.windows(2) {
        let (before, behind) = (pair[0], pair[1]);
        let (from, to) = (pitch[before], pitch[behind]);
        for (step, hz) in (1..).zip(&mut pitch[before + 1..behind]) {
            let share = step as f32 / (behind - before) as f32;
            *hz = from + (to - from) * share;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_filled_evenly() {
        let mut pitch = [0.0, 100.0, 0.0, 0.0, 160.0, 0.0];
        interpolate(&mut pitch);
        assert_eq!(
            pitch.to_vec(),
            vec![100.0, 100.0, 120.0, 140.0, 160.0, 160.0]
        );
        let mut silence = [0.0; 3];
        interpolate(&mut silence);
        assert_eq!(silence.to_vec(), vec![0.0; 3]);
    }

    #[test]
    fn an_octave_is_twelve_semitones() {
        let mut pitch = [0.0, 110.0];
        shift(&mut pitch, 12.0);
        assert_eq!(pitch.to_vec(), vec![0.0, 220.0]);
    }
}
