//! Samples that were cut off at a limit.

/// From here on a sample stands at the limit of its format, of full scale.
const FULL: f32 = 0.999;
/// So close to the largest sample of a recording, of it, one stands at the limit that it was cut at before it was made quieter.
const AT_PEAK: f32 = 1.0 - 1e-4;
/// Below, of full scale, nothing was cut.
const LEAST_PEAK: f32 = 0.1;
/// Samples in a row at the same limit are clipped, a single one is a peak.
const RUN: usize = 3;

pub(super) fn peak(samples: &[f32]) -> f32 {
    samples
        .iter()
        .fold(0.0, |peak, sample| sample.abs().max(peak))
}

/// Samples in runs at a limit, in percent of all.
pub(super) fn percent(samples: &[f32]) -> f64 {
    let peak = peak(samples);
    if peak < LEAST_PEAK {
        return 0.0;
    }
    let limit = (peak * AT_PEAK).min(FULL);
    let same = |a: &f32, b: &f32| a.abs() >= limit && b.abs() >= limit && (*a > 0.0) == (*b > 0.0);
    let runs = samples.chunk_by(same).map(<[f32]>::len);
    let clipped: usize = runs.filter(|run| *run >= RUN).sum();
    100.0 * clipped as f64 / samples.len() as f64
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use super::*;

    fn tone(height: f32) -> impl Iterator<Item = f32> {
        (0..16_000).map(move |n| height * (TAU * 150.0 * n as f32 / 16_000.0).sin())
    }

    fn clipped(samples: impl Iterator<Item = f32>) -> f64 {
        percent(&samples.collect::<Vec<_>>())
    }

    #[test]
    fn a_tone_that_only_touches_the_limit_is_whole() {
        assert!(clipped(tone(1.0)) < 0.01 && clipped(tone(0.3)) < 0.01);
        assert!(clipped(tone(0.0)) < 0.01);
    }

    #[test]
    fn a_tone_that_is_cut_is_found_however_quiet_it_was_made() {
        // A sine stands above 0.8 of its height for 41 % of the time.
        for scale in [1.25, 0.5] {
            let cut = tone(1.0).map(|sample| scale * sample.clamp(-0.8, 0.8));
            let found = clipped(cut);
            assert!((found - 41.0).abs() < 2.0, "{found}");
        }
        // Lossy files overshoot the limit again when they are decoded.
        assert!(clipped(tone(1.3)) > 20.0);
    }
}
