//! What there is to say of a conversion.

/// What there is to say of a conversion.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Samples that were given.
    pub samples: usize,
    pub windows: usize,
    /// The share of the time with a pitch, 0 to 1.
    pub voiced_ratio: f64,
    /// In Hz, of the recording; `None` where nobody speaks aloud, which is no fault: one may whisper.
    pub median_pitch: Option<f64>,
}

/// Pitches are counted by steps of so many cents over 10 Hz, which takes no memory by the length.
const STEP: f64 = 5.0;
const STEPS: usize = 2400;
const LOWEST: f64 = 10.0;

/// Counts as frames go by.
pub(super) struct Tally {
    steps: Vec<u64>,
    frames: u64,
    windows: usize,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            steps: vec![0; STEPS],
            frames: 0,
            windows: 0,
        }
    }
}

impl Tally {
    /// The pitches of a window, 0 where there is none.
    pub(super) fn count(&mut self, pitch: &[f32]) {
        self.windows += 1;
        self.frames += pitch.len() as u64;
        for hz in pitch.iter().filter(|hz| **hz > 0.0) {
            let step = (f64::from(*hz) / LOWEST).log2() * 1200.0 / STEP;
            let step = (step.max(0.0) as usize).min(STEPS - 1);
            if let Some(count) = self.steps.get_mut(step) {
                *count += 1;
            }
        }
    }

    pub(super) fn report(&self, samples: usize) -> Report {
        let voiced: u64 = self.steps.iter().sum();
        let mut seen = 0;
        let middle = self.steps.iter().position(|count| {
            seen += count;
            *count > 0 && 2 * seen >= voiced
        });
        let pitch = |step: usize| LOWEST * ((step as f64 + 0.5) * STEP / 1200.0).exp2();
        Report {
            samples,
            windows: self.windows,
            voiced_ratio: voiced as f64 / self.frames.max(1) as f64,
            median_pitch: middle.map(pitch),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_that_of_what_is_voiced() {
        let mut tally = Tally::default();
        tally.count(&[0.0, 0.0, 100.0, 150.0]);
        tally.count(&[150.0, 300.0]);
        let report = tally.report(9);
        assert_eq!((report.samples, report.windows), (9, 2));
        assert!((report.voiced_ratio - 4.0 / 6.0).abs() < 1e-12);
        assert!((report.median_pitch.unwrap() - 150.0).abs() < 0.5);
        assert_eq!(Tally::default().report(0).median_pitch, None);
    }
}
