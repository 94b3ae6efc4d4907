//! A Butterworth high-pass of the fifth order at 48 Hz, run forwards and backwards, so that nothing is delayed.
//!
//! In one piece its coefficients are so close to instability that rounding them to f32 makes it explode; as sections, and in f64, it is stable.

use std::f64::consts::PI;

const CUT_OFF: f64 = 48.0;
const SAMPLE_RATE: f64 = 16_000.0;
const ORDER: usize = 5;
/// Samples by which both ends are continued.
pub(crate) const EDGE: usize = 3 * (ORDER + 1);
/// Samples behind a stretch from which its way back has to begin: a second, in which the slowest part falls by hundreds of decibels.
const AHEAD: usize = 16_000;

/// A section of the second order, in the second transposed form.
#[derive(Clone, Copy)]
struct Section {
    front: [f64; 3],
    back: [f64; 2],
    state: [f64; 2],
}

/// The filter in one direction.
#[derive(Clone)]
struct Cascade([Section; 3]);

impl Cascade {
    fn new() -> Self {
        let k = (PI * CUT_OFF / SAMPLE_RATE).tan();
        let first = Section {
            front: [1.0 / (1.0 + k), -1.0 / (1.0 + k), 0.0],
            back: [(k - 1.0) / (k + 1.0), 0.0],
            state: [0.0; 2],
        };
        // Twice the cosine of the angle of each pair of poles.
        let pair = |damping: f64| {
            let scale = 1.0 / (1.0 + k * damping + k * k);
            Section {
                front: [scale, -2.0 * scale, scale],
                back: [
                    2.0 * (k * k - 1.0) * scale,
                    (1.0 - k * damping + k * k) * scale,
                ],
                state: [0.0; 2],
            }
        };
        let damping = |number: f64| 2.0 * (PI * number / ORDER as f64).cos();
        Self([first, pair(damping(1.0)), pair(damping(2.0))])
    }

    /// As if `value` had come for ever, of which the first section lets nothing pass.
    fn settled(value: f64) -> Self {
        let mut cascade = Self::new();
        let [front, ..] = &mut cascade.0;
        front.state = [-front.front[0] * value, front.front[2] * value];
        cascade
    }

    fn next(&mut self, input: f64) -> f64 {
        self.0.iter_mut().fold(input, |input, section| {
            let output = section.front[0] * input + section.state[0];
            section.state[0] =
                section.front[1] * input - section.back[0] * output + section.state[1];
            section.state[1] = section.front[2] * input - section.back[1] * output;
            output
        })
    }
}

/// The whole of a recording of more than [`EDGE`] samples; the ends are continued by what lies beyond them, turned around their points.
pub(crate) fn high_pass(samples: &[f64]) -> Vec<f64> {
    let mut stream = HighPass::default();
    stream.take(samples);
    stream.finish()
}

/// The filter on a stream, with a second of looking ahead.
#[derive(Default)]
pub(crate) struct HighPass {
    /// The first samples, until there are enough to continue the beginning.
    first: Vec<f64>,
    forward: Option<Cascade>,
    /// What the way forwards made of samples that have not gone back yet.
    waiting: Vec<f64>,
    /// The last samples that came, for the continuation of the end.
    last: Vec<f64>,
}

impl HighPass {
    /// The samples that are ready with the next ones.
    pub(crate) fn push(&mut self, samples: &[f64]) -> Vec<f64> {
        self.take(samples);
        // Always from the same places back, that the last bit does not depend on how the recording is cut.
        let mut output = Vec::new();
        while self.waiting.len() >= 2 * AHEAD {
            let mut ready = backwards(&self.waiting[..2 * AHEAD]);
            ready.truncate(AHEAD);
            output.extend(ready);
            self.waiting.drain(..AHEAD);
        }
        output
    }

    fn take(&mut self, samples: &[f64]) {
        self.last.extend_from_slice(samples);
        let surplus = self.last.len().saturating_sub(EDGE + 1);
        self.last.drain(..surplus);
        if self.forward.is_none() {
            self.first.extend_from_slice(samples);
            if self.first.len() > EDGE {
                self.begin();
            }
        } else {
            self.run(samples);
        }
    }

    /// The rest. Nothing at all comes of a recording of no more than [`EDGE`] samples.
    pub(crate) fn finish(&mut self) -> Vec<f64> {
        if self.forward.is_none() {
            return Vec::new();
        }
        let end = self.last.last().copied().unwrap_or_default();
        let beyond = self.last.iter().rev().skip(1).take(EDGE);
        let beyond: Vec<f64> = beyond.map(|sample| 2.0 * end - sample).collect();
        self.run(&beyond);
        let mut output = backwards(&self.waiting);
        output.truncate(self.waiting.len() - beyond.len());
        self.waiting.clear();
        output
    }

    fn begin(&mut self) {
        let first = std::mem::take(&mut self.first);
        let begin = first[0];
        let before = first[1..=EDGE].iter().rev();
        let before: Vec<f64> = before.map(|sample| 2.0 * begin - sample).collect();
        let mut cascade = Cascade::settled(before[0]);
        for sample in before {
            cascade.next(sample);
        }
        self.forward = Some(cascade);
        self.run(&first);
    }

    fn run(&mut self, samples: &[f64]) {
        if let Some(cascade) = &mut self.forward {
            let made = samples.iter().map(|sample| cascade.next(*sample));
            self.waiting.extend(made);
        }
    }
}

/// From the last to the first.
fn backwards(samples: &[f64]) -> Vec<f64> {
    let mut cascade = Cascade::settled(samples.last().copied().unwrap_or_default());
    let mut output: Vec<f64> = samples
        .iter()
        .rev()
        .map(|sample| cascade.next(*sample))
        .collect();
    output.reverse();
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speech(count: usize) -> Vec<f64> {
        let sample = |n: usize| {
            let time = n as f64 / SAMPLE_RATE;
            0.2 + 0.3 * (2.0 * PI * 20.0 * time).sin() + 0.4 * (2.0 * PI * 200.0 * time).sin()
        };
        (0..count).map(sample).collect()
    }

    #[test]
    fn a_stream_is_the_whole() {
        let samples = speech(100_000);
        let whole = high_pass(&samples);
        assert_eq!(whole.len(), samples.len());
        let (mut stream, mut output) = (HighPass::default(), Vec::new());
        for part in samples.chunks(777) {
            output.extend(stream.push(part));
        }
        output.extend(stream.finish());
        let apart = output.iter().zip(&whole).map(|(a, b)| (a - b).abs());
        assert_eq!(output.len(), whole.len());
        assert!(apart.fold(0.0, f64::max) < 1e-12);
    }

    #[test]
    fn what_is_low_goes_and_what_is_high_stays() {
        let output = high_pass(&speech(64_000));
        let tone = |n: usize| 0.4 * (2.0 * PI * 200.0 * n as f64 / SAMPLE_RATE).sin();
        let apart = (16_000..48_000).map(|n| (output[n] - tone(n)).abs());
        assert!(apart.fold(0.0, f64::max) < 2e-3);
    }

    #[test]
    fn short_recordings_give_nothing_and_do_not_fail() {
        for count in [0, 1, 3, EDGE] {
            assert!(high_pass(&vec![0.5; count]).is_empty());
        }
        assert_eq!(high_pass(&[0.5; EDGE + 1]).len(), EDGE + 1);
    }
}
