//! Other sample rates, by way of the spectrum (`rubato`).

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Indexing, Resampler as _, WindowFunction};

/// Hz
pub const LOWEST_RATE: u32 = 8_000;
pub const HIGHEST_RATE: u32 = 192_000;

/// Samples that are worked on at once (80 ms at 16 kHz). For all usual rates it makes an even number of samples, half of which are
/// the filter's delay.
const CHUNK: usize = 1280;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResampleError {
    #[error(
        "a sample rate of {0} Hz is not supported, give one of {LOWEST_RATE} to {HIGHEST_RATE}"
    )]
    Rate(u32),
    #[error("the sample rate cannot be changed: {0}")]
    Failed(String),
}

/// A change of the sample rate in the midst of a stream.
pub struct Resampler {
    /// None if there is nothing to change.
    filter: Option<Fft<f32>>,
    ratio: f64,
    /// Samples that wait for more.
    waiting: Vec<f32>,
    taken: u64,
    given: u64,
    /// Samples at the start that are only the filter's delay.
    delay: usize,
}

/// `samples` at the rate `to`; both rates in Hz.
pub fn resample(samples: &[f32], from: u32, to: u32) -> Result<Vec<f32>, ResampleError> {
    let mut resampler = Resampler::new(from, to)?;
    let mut out = resampler.push(samples)?;
    out.extend(resampler.finish()?);
    Ok(out)
}

impl Resampler {
    pub fn new(from: u32, to: u32) -> Result<Self, ResampleError> {
        for rate in [from, to] {
            if !(LOWEST_RATE..=HIGHEST_RATE).contains(&rate) {
                return Err(ResampleError::Rate(rate));
            }
        }
        let filter = if from == to {
            None
        } else {
            let (input, output) = (from as usize, to as usize);
            let window = WindowFunction::BlackmanHarris2;
            let made = Fft::new_custom(input, output, CHUNK, 1, 1, window, FixedSync::Input);
            Some(made.map_err(|error| ResampleError::Failed(error.to_string()))?)
        };
        Ok(Self {
            ratio: f64::from(to) / f64::from(from),
            waiting: Vec::new(),
            taken: 0,
            given: 0,
            delay: filter.as_ref().map_or(0, rubato::Resampler::output_delay),
            filter,
        })
    }

    /// What can be told by now. The samples are the same however the stream is cut.
    pub fn push(&mut self, samples: &[f32]) -> Result<Vec<f32>, ResampleError> {
        let Some(filter) = &mut self.filter else {
            return Ok(samples.to_vec());
        };
        self.taken += samples.len() as u64;
        self.waiting.extend_from_slice(samples);
        let mut out = Vec::new();
        let mut start = 0;
        while self.waiting.len() - start >= filter.input_frames_next() {
            let end = start + filter.input_frames_next();
            out.extend(run(filter, &self.waiting[start..end])?);
            start = end;
        }
        self.waiting.drain(..start);
        let delay = self.delay.min(out.len());
        self.delay -= delay;
        out.drain(..delay);
        self.given += out.len() as u64;
        Ok(out)
    }

    /// What is left at the end of the stream; the whole is as long as what was put in.
    pub fn finish(mut self) -> Result<Vec<f32>, ResampleError> {
        let whole = (self.taken as f64 * self.ratio).ceil() as u64;
        let mut out = Vec::new();
        let missing = usize::try_from(whole.saturating_sub(self.given)).unwrap_or(0);
        while self.filter.is_some() && out.len() < missing {
            out.extend(self.push(&[0.0; CHUNK])?);
        }
        out.truncate(missing);
        Ok(out)
    }
}

fn run(filter: &mut Fft<f32>, samples: &[f32]) -> Result<Vec<f32>, ResampleError> {
    let failed = |reason: String| ResampleError::Failed(reason);
    let mut out = vec![0.0; filter.output_frames_next()];
    let (taken, given) = (samples.len(), out.len());
    let input = InterleavedSlice::new(samples, 1, taken).map_err(|e| failed(e.to_string()))?;
    let mut output =
        InterleavedSlice::new_mut(&mut out, 1, given).map_err(|e| failed(e.to_string()))?;
    filter
        .process_into_buffer(&input, &mut output, None::<&Indexing>)
        .map_err(|e| failed(e.to_string()))?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;

    fn tone(rate: u32, count: usize) -> Vec<f32> {
        (0..count)
            .map(|n| (TAU * 440.0 * n as f32 / rate as f32).sin())
            .collect()
    }

    #[test]
    fn a_tone_stays_a_tone_at_every_rate() {
        for rate in [8_000, 11_025, 22_050, 24_000, 44_100, 48_000] {
            let out = resample(&tone(16_000, 8_000), 16_000, rate).unwrap();
            assert_eq!(out.len(), rate as usize / 2 + usize::from(rate % 2 == 1));
            let wanted = tone(rate, out.len());
            let inner = out.len() / 10..out.len() * 9 / 10;
            let error = inner
                .map(|i| (out[i] - wanted[i]).abs())
                .fold(0.0, f32::max);
            assert!(error < 0.01, "{rate}: {error}");
        }
    }

    #[test]
    fn a_stream_gives_the_samples_of_the_whole() {
        let samples = tone(16_000, 5_000);
        let whole = resample(&samples, 16_000, 22_050).unwrap();
        let mut resampler = Resampler::new(16_000, 22_050).unwrap();
        let mut out = Vec::new();
        for part in [
            &samples[..1],
            &samples[1..1],
            &samples[1..4_000],
            &samples[4_000..],
        ] {
            out.extend(resampler.push(part).unwrap());
        }
        out.extend(resampler.finish().unwrap());
        assert_eq!(whole, out);
        assert!(resample(&[], 16_000, 48_000).unwrap().is_empty());
        assert_eq!(resample(&samples, 16_000, 16_000).unwrap(), samples);
    }

    #[test]
    fn rates_out_of_range_are_refused() {
        assert_eq!(resample(&[], 0, 16_000), Err(ResampleError::Rate(0)));
        assert_eq!(
            resample(&[], 16_000, 1_000_000),
            Err(ResampleError::Rate(1_000_000))
        );
    }
}
