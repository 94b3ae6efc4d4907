//! The first pass: who speaks in the recording.

use super::{LONGEST_SECONDS, MatchingError, SHORTEST_SECONDS, Warning};
use crate::analysis::AnalysisStream;
use crate::speaker::{covariance_of, loud, mean_of, melody_of, speech_frames};
use crate::{MEL_CEPSTRUM, SAMPLE_RATE, VocoderFrames};

/// Voiced frames that tell a voice well enough (20 s).
const ENOUGH_VOICED: usize = 4_000;
/// Frames that are kept at the most (3 min).
const MOST_FRAMES: usize = 36_000;
/// Frames below this `c0` say nothing of anyone (about -85 dB).
const AUDIBLE: f32 = 0.0;
/// Frames of speech below which the source is little known (2 s).
const LITTLE: usize = 400;
/// Voiced frames without which nothing counts as voiced speech (0.1 s), and their least share of the speech.
const LEAST_VOICED: usize = 20;
const LEAST_VOICED_SHARE: f32 = 0.05;
/// RMS of the loudest 50 ms, without its mean, below which there is no sound (-60 dB).
const SILENCE: f32 = 1e-3;
const LEVEL_WINDOW: usize = SAMPLE_RATE as usize / 20;

/// Who speaks in a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    pub(super) mean: [f32; MEL_CEPSTRUM],
    pub(super) covariance: [[f32; MEL_CEPSTRUM]; MEL_CEPSTRUM],
    /// Frames of speech that were heard.
    pub(super) frames: usize,
    /// The `c0` of the loudest twentieth.
    pub(super) loud: f32,
    /// Median of ln f0 and its deviation; none where nobody has a voice.
    pub(super) melody: Option<(f32, f32)>,
}

impl Source {
    /// The median in Hz, if there is voiced speech.
    pub fn pitch(&self) -> Option<f32> {
        self.melody.map(|(middle, _)| middle.exp())
    }

    pub(super) fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if self.melody.is_none() {
            warnings.push(Warning::NoVoicedSpeech);
        }
        if self.frames < LITTLE {
            warnings.push(Warning::LittleSpeech);
        }
        warnings
    }
}

/// Hears the beginning of a recording until it knows who speaks: 20 s of voice, or 3 minutes of other sound.
#[derive(Debug, Default)]
pub struct Listener {
    stream: AnalysisStream,
    heard: VocoderFrames,
    voiced: usize,
    samples: u64,
    level: Level,
}

impl Listener {
    pub fn new() -> Self {
        Self::default()
    }

    /// The next samples at 16 kHz within ±1. Errors: more than [`LONGEST_SECONDS`].
    pub fn push(&mut self, samples: &[f32]) -> Result<(), MatchingError> {
        self.samples += samples.len() as u64;
        if self.samples > u64::from(LONGEST_SECONDS * SAMPLE_RATE) {
            return Err(MatchingError::TooLong);
        }
        if !self.is_satisfied() {
            self.level.push(samples);
            let frames = self.stream.push(samples);
            self.keep(&frames);
        }
        Ok(())
    }

    /// Whether more would tell nothing new, so that the rest of the recording need not be given.
    pub fn is_satisfied(&self) -> bool {
        self.voiced >= ENOUGH_VOICED || self.heard.len() >= MOST_FRAMES
    }

    /// Errors: a recording that is too short or silent.
    pub fn finish(mut self) -> Result<Source, MatchingError> {
        if !self.is_satisfied() {
            self.check()?;
            let rest = std::mem::take(&mut self.stream).finish();
            self.keep(&rest);
        }
        Ok(describe(&self.heard))
    }

    fn check(&mut self) -> Result<(), MatchingError> {
        let seconds = self.samples as f32 / SAMPLE_RATE as f32;
        if seconds < SHORTEST_SECONDS {
            return Err(MatchingError::TooShort { seconds });
        }
        let loudest = self.level.loudest();
        if loudest < SILENCE {
            let decibels = 20.0 * loudest.max(1e-6).log10();
            return Err(MatchingError::Silent { decibels });
        }
        Ok(())
    }

    fn keep(&mut self, frames: &VocoderFrames) {
        let room = MOST_FRAMES - self.heard.len();
        let audible = (0..frames.len()).filter(|i| frames.mel_cepstrum[*i][0] > AUDIBLE);
        for frame in audible.take(room) {
            self.voiced += usize::from(frames.f0[frame] > 0.0);
            self.heard.f0.push(frames.f0[frame]);
            self.heard.mel_cepstrum.push(frames.mel_cepstrum[frame]);
            self.heard.strengths.push(frames.strengths[frame]);
        }
    }
}

fn describe(heard: &VocoderFrames) -> Source {
    let speech = speech_frames(heard);
    let cepstra = || speech.iter().map(|i| &heard.mel_cepstrum[*i]);
    let mean = mean_of(cepstra());
    let voiced = speech.iter().map(|i| heard.f0[*i]).filter(|f0| *f0 > 0.0);
    let mut pitches: Vec<f32> = voiced.map(f32::ln).collect();
    let least = (LEAST_VOICED_SHARE * speech.len() as f32) as usize;
    let is_voiced = pitches.len() >= LEAST_VOICED.max(least);
    Source {
        covariance: covariance_of(cepstra(), &mean),
        mean,
        frames: speech.len(),
        loud: loud(heard).unwrap_or(AUDIBLE),
        melody: is_voiced.then(|| melody_of(&mut pitches)),
    }
}

/// The level of the loudest 50 ms.
#[derive(Debug, Default)]
struct Level {
    waiting: Vec<f32>,
    loudest: f32,
}

impl Level {
    fn push(&mut self, samples: &[f32]) {
        self.waiting.extend_from_slice(samples);
        let whole = self.waiting.len() / LEVEL_WINDOW * LEVEL_WINDOW;
        for window in self.waiting[..whole].chunks(LEVEL_WINDOW) {
            self.loudest = self.loudest.max(rms(window));
        }
        self.waiting.drain(..whole);
    }

    fn loudest(&mut self) -> f32 {
        let rest = std::mem::take(&mut self.waiting);
        if !rest.is_empty() {
            self.loudest = self.loudest.max(rms(&rest));
        }
        self.loudest
    }
}

/// Without the mean, which nobody hears.
fn rms(window: &[f32]) -> f32 {
    let count = window.len() as f32;
    let sound = |value: &f32| {
        if value.is_finite() {
            value.clamp(-8.0, 8.0)
        } else {
            0.0
        }
    };
    let mean = window.iter().map(sound).sum::<f32>() / count;
    let squares = window.iter().map(|value| (sound(value) - mean).powi(2));
    (squares.sum::<f32>() / count).sqrt()
}
