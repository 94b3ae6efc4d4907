//! Means and deviations that the network's inputs and outputs are measured in.

use candle_core::{Device, Tensor};
use kiskadee_voice::acoustic::{FRAME_PARAMETERS, ModelDescription};
use kiskadee_voice::speaker::{STATISTICS, Warp};

use serde::{Deserialize, Serialize};

use crate::TrainError;
use crate::corpus::Speaker;

/// Recordings of each speaker that are looked at.
const SAMPLE: usize = 60;
const LEAST_DEVIATION: f64 = 1e-3;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Normalization {
    pub frame_mean: Vec<f32>,
    pub frame_deviation: Vec<f32>,
    pub statistics_mean: Vec<f32>,
    pub statistics_deviation: Vec<f32>,
}

impl Normalization {
    /// Those of a model.
    pub fn of(description: &ModelDescription) -> Self {
        let (frames, statistics) = (&description.frames, &description.statistics);
        Self {
            frame_mean: frames.mean.clone(),
            frame_deviation: frames.deviation.clone(),
            statistics_mean: statistics.mean.clone(),
            statistics_deviation: statistics.deviation.clone(),
        }
    }

    pub fn measure(speakers: &[Speaker]) -> Self {
        let mut frames = Totals::new(FRAME_PARAMETERS);
        let mut statistics = Totals::new(STATISTICS);
        for speaker in speakers {
            let pitch = speaker.pooled.log_pitch;
            for recording in speaker.recordings.iter().take(SAMPLE) {
                (0..recording.frames.len())
                    .for_each(|i| frames.add(&frame_parameters(&recording.frames, i, pitch)));
            }
            for amount in [speaker.warps.0, 0.0, speaker.warps.1] {
                let warp = Warp::new(amount);
                speaker
                    .moments
                    .iter()
                    .take(SAMPLE)
                    .for_each(|m| statistics.add(&m.statistics(&warp)));
            }
        }
        let (mut frame_mean, mut frame_deviation) = frames.finish();
        // Log f0 counts in its own unit; voicing is a logit and has none.
        (frame_mean[0], frame_deviation[0]) = (0.0, 0.2);
        (frame_mean[1], frame_deviation[1]) = (0.0, 1.0);
        let (statistics_mean, statistics_deviation) = statistics.finish();
        Self {
            frame_mean,
            frame_deviation,
            statistics_mean,
            statistics_deviation,
        }
    }

    pub fn statistics(&self, values: &[f32; STATISTICS]) -> impl Iterator<Item = f32> {
        let scale = self.statistics_mean.iter().zip(&self.statistics_deviation);
        values
            .iter()
            .zip(scale)
            .map(|(value, (mean, deviation))| (value - mean) / deviation)
    }

    /// Weights of the frame parameters in the loss: between counting each the same and counting each in its own unit.
    pub fn loss_weights(&self, device: &Device) -> Result<Tensor, TrainError> {
        let mut weights: Vec<f32> = self
            .frame_deviation
            .iter()
            .map(|deviation| deviation.sqrt())
            .collect();
        (weights[0], weights[1]) = (1.0, 0.0);
        let cepstrum = &mut weights[2..];
        let mean = cepstrum.iter().sum::<f32>() / cepstrum.len() as f32;
        for weight in cepstrum {
            *weight /= mean;
        }
        Ok(Tensor::from_vec(weights, (1, FRAME_PARAMETERS), device)?)
    }
}

/// A frame as the network gives it, before standardising: log f0 relative to the speaker's, voicing, cepstrum, strengths.
pub(super) fn frame_parameters(
    frames: &kiskadee_voice::VocoderFrames,
    index: usize,
    log_pitch: f32,
) -> [f32; FRAME_PARAMETERS] {
    let mut values = [0f32; FRAME_PARAMETERS];
    let f0 = frames.f0[index];
    if f0 > 0.0 {
        values[0] = f0.ln() - log_pitch;
        values[1] = 1.0;
    }
    let cepstrum = &frames.mel_cepstrum[index];
    values[2..2 + cepstrum.len()].copy_from_slice(cepstrum);
    values[2 + cepstrum.len()..].copy_from_slice(&frames.strengths[index]);
    values
}

struct Totals {
    count: f64,
    sums: Vec<f64>,
    squares: Vec<f64>,
}

impl Totals {
    fn new(width: usize) -> Self {
        Self {
            count: 0.0,
            sums: vec![0.0; width],
            squares: vec![0.0; width],
        }
    }

    fn add(&mut self, row: &[f32]) {
        self.count += 1.0;
        for ((sum, square), value) in self.sums.iter_mut().zip(&mut self.squares).zip(row) {
            *sum += f64::from(*value);
            *square += f64::from(*value).powi(2);
        }
    }

    fn finish(self) -> (Vec<f32>, Vec<f32>) {
        let count = self.count.max(1.0);
        let moments = self.sums.iter().zip(&self.squares).map(|(sum, square)| {
            let mean = sum / count;
            (
                mean as f32,
                (square / count - mean * mean)
                    .max(0.0)
                    .sqrt()
                    .max(LEAST_DEVIATION) as f32,
            )
        });
        moments.unzip()
    }
}
