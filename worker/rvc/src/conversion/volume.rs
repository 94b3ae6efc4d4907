//! The loudness of the output brought towards that of the recording, on streams: levels of a second every half a second, and evenly between.

use crate::loudness::{MOST_GAIN, between, gain, limit};

/// Half a second of the recording.
const HALF: usize = 8_000;

pub(super) struct VolumeStream {
    rate: f64,
    heard: Levels,
    made: Levels,
    /// Samples that wait for the levels behind them.
    waiting: Vec<f32>,
    /// The number of the first of these.
    first: usize,
}

/// Energies of half seconds.
struct Levels {
    half: usize,
    energies: Vec<f64>,
    count: usize,
}

impl VolumeStream {
    pub(super) fn new(rate: f64, sample_rate: usize) -> Self {
        Self {
            rate,
            heard: Levels::new(HALF),
            made: Levels::new(sample_rate / 2),
            waiting: Vec::new(),
            first: 0,
        }
    }

    /// Samples of the recording, which come before what is made of them.
    pub(super) fn hear(&mut self, samples: &[f32]) {
        self.heard.add(samples);
    }

    /// The samples that are ready with the next ones that were made.
    pub(super) fn push(&mut self, samples: &[f32]) -> Vec<f32> {
        self.made.add(samples);
        self.waiting.extend_from_slice(samples);
        // A sample needs the level behind it, which reaches over the half second behind that.
        let halves = (self.made.count / self.made.half).saturating_sub(1);
        self.take((halves * self.made.half).saturating_sub(self.first))
    }

    /// The rest.
    pub(super) fn finish(&mut self) -> Vec<f32> {
        self.take(self.waiting.len())
    }

    fn take(&mut self, count: usize) -> Vec<f32> {
        let count = count.min(self.waiting.len());
        let (mut samples, first) = (self.waiting[..count].to_vec(), self.first);
        self.waiting.drain(..count);
        self.first += count;
        for (number, sample) in (first..).zip(&mut samples) {
            *sample = limit(*sample * self.gain(number) as f32);
        }
        samples
    }

    fn gain(&self, number: usize) -> f64 {
        if self.rate >= 1.0 {
            return 1.0;
        }
        let place = number as f64 / self.made.half as f64;
        gain(self.heard.at(place), self.made.at(place), self.rate).min(MOST_GAIN)
    }
}

impl Levels {
    fn new(half: usize) -> Self {
        Self {
            half: half.max(1),
            energies: Vec::new(),
            count: 0,
        }
    }

    fn add(&mut self, samples: &[f32]) {
        for sample in samples {
            if self.count.is_multiple_of(self.half) {
                self.energies.push(0.0);
            }
            if let Some(last) = self.energies.last_mut() {
                *last += f64::from(*sample).powi(2);
            }
            self.count += 1;
        }
    }

    /// Evenly between the levels around a place, in half seconds.
    fn at(&self, place: f64) -> f64 {
        let before = place as usize;
        let level = |number: usize| {
            let energy = |number: usize| self.energies.get(number).copied().unwrap_or(0.0);
            let both = number.checked_sub(1).map_or(0.0, energy) + energy(number);
            (both / (2 * self.half) as f64).sqrt()
        };
        between(&[level(before), level(before + 1)], place - before as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(count: usize, amplitude: f32) -> Vec<f32> {
        let sample = |n: usize| amplitude * (n as f32 * 0.3).sin();
        (0..count).map(sample).collect()
    }

    fn through(input: &[f32], output: &[f32], rate: f64, piece: usize) -> Vec<f32> {
        let mut stream = VolumeStream::new(rate, 32_000);
        stream.hear(input);
        let mut all = Vec::new();
        for part in output.chunks(piece) {
            all.extend(stream.push(part));
        }
        all.extend(stream.finish());
        all
    }

    #[test]
    fn loudness_becomes_the_recordings_and_pieces_change_nothing() {
        let (input, output) = (tone(48_000, 0.2), tone(96_000, 0.1));
        let whole = through(&input, &output, 0.0, 96_000);
        assert_eq!(whole.len(), output.len());
        let most = |samples: &[f32]| samples.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        assert!((most(&whole[20_000..80_000]) - 0.2).abs() < 2e-3);
        assert!(through(&input, &output, 0.0, 777) == whole);
        assert!(through(&input, &output, 1.0, 777) == output);
    }

    #[test]
    fn noise_is_raised_by_12_db_at_most_and_silence_stays() {
        let raised = through(&tone(48_000, 0.8), &tone(96_000, 0.01), 0.0, 96_000);
        let most = raised.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        assert!((most - 0.0398).abs() < 1e-3, "{most}");
        let silent = through(&vec![0.0; 48_000], &tone(96_000, 0.5), 0.25, 96_000);
        assert!(silent.iter().all(|sample| *sample == 0.0));
    }
}
