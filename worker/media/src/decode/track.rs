//! A recording as a file of samples: of any length within the limits, and never in memory as a whole.
//!
//! It is decoded twice: how loud its channels are, and whether they cancel each other out, is known only at the end.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    ops::Range,
};

use tempfile::NamedTempFile;

use super::mix::{CANCELLED, MOST_CHANNELS, SILENT};

const SAMPLE_BYTES: u64 = 4;

/// The sound of a recording: mono, -1.0..=1.0, in a scratch file that goes with it.
#[derive(Debug)]
pub struct Track {
    pub(super) file: NamedTempFile,
    /// Hz.
    pub sample_rate: u32,
    /// How many there are.
    pub samples: u64,
    /// The largest, of full scale 1.
    pub peak: f32,
}

impl Track {
    /// In seconds.
    pub fn seconds(&self) -> f64 {
        self.samples as f64 / f64::from(self.sample_rate)
    }

    /// Some of its samples; fewer where it ends before.
    pub fn read(&self, range: Range<u64>) -> io::Result<Vec<f32>> {
        let range = range.start.min(self.samples)..range.end.min(self.samples);
        let mut file: File = self.file.reopen()?;
        file.seek(SeekFrom::Start(range.start * SAMPLE_BYTES))?;
        let mut file = BufReader::new(file);
        let mut samples = Vec::with_capacity((range.end - range.start) as usize);
        let mut bytes = [0; SAMPLE_BYTES as usize];
        for _ in range {
            file.read_exact(&mut bytes)?;
            samples.push(f32::from_le_bytes(bytes));
        }
        Ok(samples)
    }
}

/// How loud channels are, alone and with each other.
#[derive(Debug)]
pub(super) struct Loudness {
    channels: usize,
    /// Sums of products of each channel with each.
    products: Vec<f64>,
    pub(super) frames: u64,
}

impl Loudness {
    pub(super) fn new(channels: usize) -> Self {
        let channels = channels.min(MOST_CHANNELS);
        Self {
            channels,
            products: vec![0.0; channels * channels],
            frames: 0,
        }
    }

    /// Takes one sample of each channel; further channels are passed over.
    pub(super) fn push(&mut self, frame: &[f32]) {
        self.frames += 1;
        for (row, one) in self.products.chunks_exact_mut(self.channels).zip(frame) {
            for (product, other) in row.iter_mut().zip(frame) {
                *product += f64::from(*one) * f64::from(*other);
            }
        }
    }

    /// By what each channel is multiplied in the mix: as much of all that are heard, or the loudest alone where they cancel each other out.
    pub(super) fn weights(&self) -> Vec<f32> {
        let power = |channel: usize| self.products[channel * self.channels + channel];
        let channels = 0..self.channels;
        let loudest = channels
            .clone()
            .max_by(|a, b| power(*a).total_cmp(&power(*b)));
        let loudest = loudest.unwrap_or_default();
        let most = power(loudest);
        let heard: Vec<usize> = channels
            .clone()
            .filter(|channel| power(*channel) >= most * SILENT)
            .collect();
        let pairs = heard
            .iter()
            .flat_map(|a| heard.iter().map(move |b| (*a, *b)));
        let sum: f64 = pairs
            .map(|(a, b)| self.products[a * self.channels + b])
            .sum();
        let count = heard.len().max(1) as f64;
        let is_cancelled = sum / (count * count) < most * CANCELLED;
        let weight = |channel: usize| match is_cancelled {
            true => f32::from(u8::from(channel == loudest)),
            false if heard.contains(&channel) => (1.0 / count) as f32,
            false => 0.0,
        };
        channels.map(weight).collect()
    }
}

/// One sample of the mix.
pub(super) fn mixed(frame: &[f32], weights: &[f32]) -> f32 {
    let weighted = frame
        .iter()
        .zip(weights)
        .map(|(sample, weight)| sample * weight);
    weighted.sum::<f32>().clamp(-1.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(frames: &[&[f32]]) -> Vec<f32> {
        let mut loudness = Loudness::new(frames[0].len());
        for frame in frames {
            loudness.push(frame);
        }
        loudness.weights()
    }

    #[test]
    fn channels_are_mixed_as_they_are_heard() {
        assert_eq!(weights(&[&[0.9, 0.9], &[-0.8, -0.8]]), [0.5, 0.5]);
        assert_eq!(
            weights(&[&[0.0, 0.01, 0.8], &[0.0, 0.01, -0.8]]),
            [0.0, 0.0, 1.0]
        );
        let cancelling = weights(&[&[0.5, -0.5], &[-0.4, 0.4]]);
        let sum: f32 = cancelling.iter().sum();
        assert!((sum - 1.0).abs() < 1e-6, "{sum}");
        assert_eq!(weights(&[&[0.0, 0.0]]).len(), 2);
    }

    #[test]
    fn a_stretch_is_read_where_it_lies() {
        use std::io::Write;
        let mut file = NamedTempFile::new().unwrap();
        for sample in [0.0_f32, 0.1, 0.2, 0.3] {
            file.write_all(&sample.to_le_bytes()).unwrap();
        }
        let track = Track {
            file,
            sample_rate: 2,
            samples: 4,
            peak: 0.3,
        };
        assert_eq!(track.read(1..3).unwrap(), [0.1, 0.2]);
        assert_eq!(track.read(3..9).unwrap(), [0.3]);
        assert_eq!(track.read(7..9).unwrap(), [0.0; 0]);
        assert!((track.seconds() - 2.0).abs() < 1e-9);
    }
}
