//! The loudness of a line: that of its voice, and what was asked for single words.

use std::ops::Range;

use kiskadee_voice::loudness::soft_limit;

use super::line::LineWord;

/// How long a change of loudness takes, in seconds: a step would click.
const RAMP_SECONDS: f32 = 0.01;

/// Gives each sample of a line its factor, in order.
pub(super) struct Volume {
    /// From which sample on which factor is aimed at.
    steps: Vec<(usize, f32)>,
    next: usize,
    aim: f32,
    current: f32,
    /// Most that the factor changes from one sample to the next.
    slope: f32,
    passed: usize,
}

impl Volume {
    /// Words are `times` in samples; what stands between them goes with the word before.
    pub(super) fn new(
        gain: f32,
        words: &[LineWord],
        times: &[Range<usize>],
        sample_rate: u32,
    ) -> Self {
        let even = words.iter().all(|word| word.volume == 0.0);
        let steps = times.iter().zip(words).map(|(time, word)| {
            let factor = 10_f32.powf(word.volume / 20.0);
            (time.start, gain * factor)
        });
        let steps: Vec<_> = if even { Vec::new() } else { steps.collect() };
        let first = steps.first().map_or(gain, |(_, factor)| *factor);
        let most = steps.iter().map(|(_, factor)| *factor).fold(gain, f32::max);
        Self {
            steps,
            next: 0,
            aim: first,
            current: first,
            slope: most / (RAMP_SECONDS * sample_rate as f32),
            passed: 0,
        }
    }

    pub(super) fn apply(&mut self, samples: &mut [f32]) {
        for sample in samples {
            while let Some((begin, factor)) = self.steps.get(self.next)
                && *begin <= self.passed
            {
                self.aim = *factor;
                self.next += 1;
            }
            let way = (self.aim - self.current).clamp(-self.slope, self.slope);
            self.current += way;
            *sample = soft_limit(*sample * self.current);
            self.passed += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(volume: f32) -> LineWord {
        LineWord {
            source: 0..1,
            volume,
        }
    }

    fn applied(words: &[LineWord], cut: usize) -> Vec<f32> {
        let mut volume = Volume::new(2.0, words, &[100..400, 500..900], 8_000);
        let mut samples = vec![0.1; 1000];
        let (before, after) = samples.split_at_mut(cut);
        volume.apply(before);
        volume.apply(after);
        samples
    }

    #[test]
    fn words_are_louder_and_quieter_without_steps() {
        let samples = applied(&[word(6.0206), word(-6.0206)], 0);
        assert!((samples[50] - 0.4).abs() < 1e-3 && (samples[450] - 0.4).abs() < 1e-3);
        assert!((samples[900] - 0.1).abs() < 1e-3);
        let steps = samples.windows(2).map(|pair| (pair[1] - pair[0]).abs());
        assert!(steps.fold(0.0, f32::max) < 0.01);
        for cut in [1, 499, 510] {
            assert_eq!(applied(&[word(6.0206), word(-6.0206)], cut), samples);
        }
    }

    #[test]
    fn an_even_line_has_the_gain_of_its_voice() {
        assert!(
            applied(&[word(0.0), word(0.0)], 3)
                .iter()
                .all(|s| (s - 0.2).abs() < 1e-6)
        );
    }
}
