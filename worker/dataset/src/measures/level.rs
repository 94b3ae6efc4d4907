//! How loud the parts of a segment are against each other.

/// Parts a second: 20 ms each.
const PARTS: usize = 50;
/// Of the power of full scale; what is quieter is as quiet.
const FLOOR_DB: f64 = -100.0;
/// A whole segment below this, in dB of full scale, has no speech.
const NO_SPEECH_DB: f64 = -60.0;
/// A part so far below the loud ones, in dB, is a pause, in any recording.
const PAUSE_DB: f64 = 35.0;
/// Where noise fills the pauses: a part so little above the noise, in dB, and so far below the loud ones at least.
const ABOVE_NOISE_DB: f64 = 3.0;
const BELOW_SPEECH_DB: f64 = 12.0;

/// The power of each 20 ms, in dB of full scale, from quiet to loud.
pub(super) struct Levels(Vec<f64>);

impl Levels {
    /// Of at least one sample.
    pub(super) fn of(samples: &[f32], sample_rate: u32) -> Self {
        let length = (sample_rate as usize / PARTS).max(1);
        let decibels = |part: &[f32]| {
            let squares = part.iter().map(|sample| f64::from(*sample).powi(2));
            let power = squares.sum::<f64>() / part.len() as f64;
            (10.0 * power.log10()).max(FLOOR_DB)
        };
        let whole = samples.chunks_exact(length).map(decibels);
        let mut levels: Vec<f64> = whole.collect();
        if levels.is_empty() {
            levels.push(decibels(samples));
        }
        levels.sort_by(f64::total_cmp);
        Self(levels)
    }

    fn percentile(&self, percent: usize) -> f64 {
        let place = (self.0.len() - 1) * percent / 100;
        self.0.get(place).copied().unwrap_or(FLOOR_DB)
    }

    pub(super) fn above_pauses(&self) -> f64 {
        self.percentile(95) - self.percentile(10)
    }

    pub(super) fn silence_percent(&self) -> f64 {
        let (loud, quiet) = (self.percentile(95), self.percentile(10));
        if loud < NO_SPEECH_DB {
            return 100.0;
        }
        let pause = (loud - PAUSE_DB).max(quiet + ABOVE_NOISE_DB);
        let pause = pause.min(loud - BELOW_SPEECH_DB);
        let silent = self.0.partition_point(|level| *level < pause);
        100.0 * silent as f64 / self.0.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A second each of noise at these heights.
    fn noise(heights: &[f32]) -> Vec<f32> {
        let mut state = 1_u32;
        let mut next = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        let all = heights
            .iter()
            .flat_map(|height| std::iter::repeat_n(*height, 16_000));
        all.map(|height| height * next()).collect()
    }

    #[test]
    fn speech_stands_above_its_pauses_by_what_it_was_mixed_at() {
        for decibels in [6.0_f32, 15.0, 30.0] {
            let quiet = 0.5 * 10_f32.powf(-decibels / 20.0);
            let levels = Levels::of(&noise(&[0.5, 0.5, 0.5, quiet]), 16_000);
            let found = levels.above_pauses();
            assert!(
                (found - f64::from(decibels)).abs() < 1.0,
                "{decibels}: {found}"
            );
        }
    }

    #[test]
    fn pauses_are_counted_with_noise_in_them_and_without() {
        for quiet in [0.0, 0.001, 0.05] {
            let silence = Levels::of(&noise(&[0.5, 0.5, 0.5, quiet]), 16_000).silence_percent();
            assert!((silence - 25.0).abs() < 3.0, "{quiet}: {silence}");
        }
        let spoken = Levels::of(&noise(&[0.5, 0.4]), 16_000).silence_percent();
        assert!(spoken < 1.0, "{spoken}");
        let nothing = Levels::of(&[0.0; 10], 16_000);
        assert!(nothing.silence_percent() > 99.0 && nothing.above_pauses().abs() < 1e-9);
    }
}
