//! What tells one voice from another in a recording, whatever is said: the spectrum's mean and spread, the melody's
//! spread, and the noisiness of each band. Loudness and pitch are left out; pitch is measured, not encoded.

use serde::{Deserialize, Serialize};

use super::warp::Warp;
use crate::{MEL_CEPSTRUM, STRENGTHS, VocoderFrames};

/// Values that describe a recording's voice: means of c1.., deviations of c0.., that of log f0, mean strengths.
pub const STATISTICS: usize = 2 * MEL_CEPSTRUM + STRENGTHS;

/// Frames quieter than the loud ones by more than this many nepers are pauses.
const PAUSE_DEPTH: f32 = 2.5;
/// Frames of speech that a description needs: half a second.
const LEAST_FRAMES: usize = 100;

/// The first two moments of a voice's frames of speech, from which statistics follow for any warp.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moments {
    pub mean: [f32; MEL_CEPSTRUM],
    pub covariance: [[f32; MEL_CEPSTRUM]; MEL_CEPSTRUM],
    /// Median of ln f0 over the voiced frames.
    pub log_pitch: f32,
    /// Standard deviation of ln f0.
    pub melody: f32,
    pub strengths: [f32; STRENGTHS],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooLittleSpeech {
    #[error("the recording has {found} frames of speech, give at least {least} (half a second)")]
    Speech { found: usize, least: usize },
    #[error("the recording has {found} voiced frames, give at least {least}")]
    Voiced { found: usize, least: usize },
    #[error("frame {0} of the recording is not finite")]
    NotFinite(usize),
}

impl Moments {
    pub fn measure(frames: &VocoderFrames) -> Result<Self, TooLittleSpeech> {
        check_finite(frames)?;
        let speech = speech_frames(frames);
        if speech.len() < LEAST_FRAMES {
            return Err(TooLittleSpeech::Speech {
                found: speech.len(),
                least: LEAST_FRAMES,
            });
        }
        let mut pitches: Vec<f32> = speech
            .iter()
            .map(|i| frames.f0[*i])
            .filter(|f0| *f0 > 0.0)
            .map(f32::ln)
            .collect();
        if pitches.len() < LEAST_FRAMES / 2 {
            return Err(TooLittleSpeech::Voiced {
                found: pitches.len(),
                least: LEAST_FRAMES / 2,
            });
        }
        let mean = mean_of(speech.iter().map(|i| &frames.mel_cepstrum[*i]));
        let (log_pitch, melody) = melody_of(&mut pitches);
        Ok(Self {
            covariance: covariance_of(speech.iter().map(|i| &frames.mel_cepstrum[*i]), &mean),
            mean,
            log_pitch,
            melody,
            strengths: mean_of(speech.iter().map(|i| &frames.strengths[*i])),
        })
    }

    /// The moments of several recordings of one voice together, each counting the same.
    pub fn pool<'a>(recordings: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let all: Vec<&Self> = recordings.into_iter().collect();
        let mut pooled = (*all.first()?).clone();
        let count = all.len() as f32;
        pooled.mean = mean_of(all.iter().map(|m| &m.mean));
        pooled.strengths = mean_of(all.iter().map(|m| &m.strengths));
        pooled.log_pitch = all.iter().map(|m| m.log_pitch).sum::<f32>() / count;
        pooled.melody = all.iter().map(|m| m.melody).sum::<f32>() / count;
        for (index, line) in pooled.covariance.iter_mut().enumerate() {
            *line = mean_of(all.iter().map(|m| &m.covariance[index]));
        }
        Some(pooled)
    }

    /// The statistics of this voice spoken through a vocal tract of another length.
    pub fn statistics(&self, warp: &Warp) -> [f32; STATISTICS] {
        let mut values = [0f32; STATISTICS];
        let mean = warp.apply(&self.mean);
        values[..MEL_CEPSTRUM - 1].copy_from_slice(&mean[1..]);
        let deviations = warp
            .variances(&self.covariance)
            .map(|variance| variance.max(0.0).sqrt());
        values[MEL_CEPSTRUM - 1..2 * MEL_CEPSTRUM - 1].copy_from_slice(&deviations);
        values[2 * MEL_CEPSTRUM - 1] = self.melody;
        values[2 * MEL_CEPSTRUM..].copy_from_slice(&self.strengths);
        values
    }

    /// Hz
    pub fn pitch(&self) -> f32 {
        self.log_pitch.exp()
    }
}

/// Median and standard deviation around it of values of ln f0; (0, 0) of none.
pub(crate) fn melody_of(pitches: &mut [f32]) -> (f32, f32) {
    pitches.sort_by(f32::total_cmp);
    let middle = pitches.get(pitches.len() / 2).copied().unwrap_or(0.0);
    let squares = pitches.iter().map(|p| (p - middle).powi(2)).sum::<f32>();
    (middle, (squares / pitches.len().max(1) as f32).sqrt())
}

fn check_finite(frames: &VocoderFrames) -> Result<(), TooLittleSpeech> {
    let finite = |i: &usize| {
        let values = frames.mel_cepstrum[*i].iter().chain(&frames.strengths[*i]);
        frames.f0[*i].is_finite() && values.copied().all(f32::is_finite)
    };
    (0..frames.len())
        .find(|i| !finite(i))
        .map_or(Ok(()), |i| Err(TooLittleSpeech::NotFinite(i)))
}

/// The level that the loudest twentieth of the frames reaches, in nepers.
pub(crate) fn loud(frames: &VocoderFrames) -> Option<f32> {
    let mut loudness: Vec<f32> = frames.mel_cepstrum.iter().map(|c| c[0]).collect();
    loudness.sort_by(f32::total_cmp);
    loudness.get(loudness.len() * 19 / 20).copied()
}

pub(crate) fn speech_frames(frames: &VocoderFrames) -> Vec<usize> {
    let Some(loud) = loud(frames) else {
        return Vec::new();
    };
    (0..frames.len())
        .filter(|i| frames.mel_cepstrum[*i][0] > loud - PAUSE_DEPTH)
        .collect()
}

pub(crate) fn mean_of<'a, const N: usize>(rows: impl Iterator<Item = &'a [f32; N]>) -> [f32; N] {
    let (mut sums, mut count) = ([0f64; N], 0f64);
    for row in rows {
        sums.iter_mut()
            .zip(row)
            .for_each(|(sum, value)| *sum += f64::from(*value));
        count += 1.0;
    }
    sums.map(|sum| (sum / count.max(1.0)) as f32)
}

pub(crate) fn covariance_of<'a, const N: usize>(
    rows: impl Iterator<Item = &'a [f32; N]>,
    mean: &[f32; N],
) -> [[f32; N]; N] {
    let (mut sums, mut count) = ([[0f32; N]; N], 0f32);
    for row in rows {
        let centred: [f32; N] = std::array::from_fn(|i| row[i] - mean[i]);
        for (line, a) in sums.iter_mut().zip(centred) {
            line.iter_mut()
                .zip(centred)
                .for_each(|(sum, b)| *sum += a * b);
        }
        count += 1.0;
    }
    sums.map(|line| line.map(|sum| sum / count.max(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(frames: usize, pitch: f32) -> VocoderFrames {
        let wave =
            |i: usize, order: usize| ((i * (order + 1)) as f32 * 0.37).sin() / (1.0 + order as f32);
        VocoderFrames {
            f0: (0..frames)
                .map(|i| if i % 4 == 0 { 0.0 } else { pitch })
                .collect(),
            mel_cepstrum: (0..frames)
                .map(|i| std::array::from_fn(|order| wave(i, order)))
                .collect(),
            strengths: vec![[0.5; STRENGTHS]; frames],
        }
    }

    #[test]
    fn measures_pitch_and_spread_of_the_speech() {
        let moments = Moments::measure(&recording(400, 120.0)).unwrap();
        assert!((moments.pitch() - 120.0).abs() < 0.01);
        assert!(moments.melody < 1e-3);
        let statistics = moments.statistics(&Warp::new(0.0));
        assert!((statistics[MEL_CEPSTRUM] - moments.covariance[1][1].sqrt()).abs() < 1e-6);
        assert!((statistics[STATISTICS - 1] - 0.5).abs() < 1e-6);
    }

    #[test]
    fn refuses_what_has_too_little_speech() {
        assert!(matches!(
            Moments::measure(&VocoderFrames::default()),
            Err(TooLittleSpeech::Speech { found: 0, .. })
        ));
        assert!(matches!(
            Moments::measure(&recording(400, 0.0)),
            Err(TooLittleSpeech::Voiced { found: 0, .. })
        ));
        let mut broken = recording(400, 120.0);
        broken.mel_cepstrum[7][3] = f32::NAN;
        assert_eq!(
            Moments::measure(&broken),
            Err(TooLittleSpeech::NotFinite(7))
        );
    }
}
