//! The loudness of the output brought towards that of the input.

/// How far an output is raised at most: 12 dB. More would make the decoder's noise in pauses heard.
pub(crate) const MOST_GAIN: f64 = 3.981_071_705_534_972_5;
const QUIETEST: f64 = 1e-6;
/// Where the limiter begins, and what it never lets pass.
const KNEE: f32 = 0.9;
const PEAK: f32 = 0.99;

/// The gain between two loudnesses, `rate` (0 to 1) of which stays the output's own.
pub(crate) fn gain(input: f64, output: f64, rate: f64) -> f64 {
    (input / output.max(QUIETEST)).powf(1.0 - rate)
}

/// Bends what is louder than the knee, so that nothing is cut off.
pub(crate) fn limit(sample: f32) -> f32 {
    let over = sample.abs() - KNEE;
    if over <= 0.0 {
        return sample;
    }
    let room = PEAK - KNEE;
    (KNEE + room * (over / room).tanh()).copysign(sample)
}

/// The loudness (root mean square) over a second, every half a second, of the whole at once, as the reference has it: zeros around.
pub(crate) fn levels(samples: &[f64], half: usize) -> Vec<f64> {
    let at = |number: usize| {
        let centre = number * half;
        let first = centre.saturating_sub(half);
        let part = samples.get(first..(centre + half).min(samples.len()));
        let sum: f64 = part.unwrap_or_default().iter().map(|x| x * x).sum();
        (sum / (2 * half) as f64).sqrt()
    };
    (0..=samples.len() / half).map(at).collect()
}

/// Levels stretched evenly over so many samples, as the reference has it.
pub(crate) fn stretched(levels: &[f64], count: usize, place: usize) -> f64 {
    let place = (place as f64 + 0.5) * levels.len() as f64 / count as f64 - 0.5;
    between(levels, place.max(0.0))
}

/// Between two levels, evenly.
pub(crate) fn between(levels: &[f64], place: f64) -> f64 {
    let last = levels.len().saturating_sub(1);
    let before = (place as usize).min(last);
    let (Some(from), Some(to)) = (levels.get(before), levels.get((before + 1).min(last))) else {
        return 0.0;
    };
    from + (to - from) * (place - before as f64)
}

/// The whole of an output beside the whole of its input, without a limit of the gain.
pub(crate) fn match_whole(output: &mut [f64], rate: f64, input: &[f64], halves: (usize, usize)) {
    let (from, to) = (levels(input, halves.0), levels(output, halves.1));
    let count = output.len();
    for (place, sample) in output.iter_mut().enumerate() {
        let levels = (stretched(&from, count, place), stretched(&to, count, place));
        *sample *= gain(levels.0, levels.1, rate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limiter_is_smooth_and_never_passes_the_peak() {
        assert!((limit(0.5) - 0.5).abs() < f32::EPSILON);
        let mut before = 0.0;
        for step in 0..400 {
            let limited = limit(step as f32 / 100.0);
            assert!(limited <= PEAK && limited >= before);
            assert!((limit(-step as f32 / 100.0) + limited).abs() < f32::EPSILON);
            before = limited;
        }
    }

    #[test]
    fn levels_are_of_a_second_around_each_half_second() {
        let levels = levels(&[1.0; 100], 20);
        assert_eq!(levels.len(), 6);
        let edge = 0.5_f64.sqrt();
        assert!((levels[0] - edge).abs() < 1e-12 && (levels[5] - edge).abs() < 1e-12);
        assert!((levels[2] - 1.0).abs() < 1e-12);
        assert!((between(&levels, 0.5) - f64::midpoint(edge, 1.0)).abs() < 1e-12);
    }
}
