//! From what the network gives to what the vocoder takes.

use super::network::FRAME_PARAMETERS;
use super::utterance::Utterance;
use super::weights::ModelDescription;
use crate::{MEL_CEPSTRUM, VocoderFrames};

/// Hz
const PITCH_RANGE: (f32, f32) = (40.0, 800.0);
/// Frames of 5 ms that the pitch is a mean of: two of a row are drawn apart, which would be heard as roughness.
const MELODY: usize = 5;
/// Frames over which a change of pitch or loudness between two tokens is spread.
const GLIDE: usize = 7;

/// Standardised parameters `[frames][FRAME_PARAMETERS]` to vocoder frames, as the utterance's speaker and controls ask.
pub(super) fn render(
    values: &[f32],
    durations: &[u32],
    utterance: &Utterance<'_>,
    description: &ModelDescription,
) -> VocoderFrames {
    let shifts = Shifts::new(utterance, durations);
    let melody = melody(values, description);
    let mut frames = VocoderFrames::default();
    for (index, row) in values.chunks_exact(FRAME_PARAMETERS).enumerate() {
        let scale = description
            .frames
            .mean
            .iter()
            .zip(&description.frames.deviation);
        let mut plain = [0f32; FRAME_PARAMETERS];
        for ((plain, value), (mean, deviation)) in plain.iter_mut().zip(row).zip(scale) {
            *plain = value * deviation + mean;
        }
        let pitch = (melody[index] + shifts.pitch[index])
            .exp()
            .clamp(PITCH_RANGE.0, PITCH_RANGE.1);
        frames.f0.push(if plain[1] > 0.0 { pitch } else { 0.0 });
        let mut cepstrum: [f32; MEL_CEPSTRUM] = std::array::from_fn(|order| plain[2 + order]);
        cepstrum[0] += shifts.loudness[index];
        frames.mel_cepstrum.push(cepstrum);
        frames.strengths.push(std::array::from_fn(|band| {
            plain[2 + MEL_CEPSTRUM + band].clamp(0.0, 1.0)
        }));
    }
    enliven(
        &mut frames,
        &speech_frames(utterance, durations),
        &description.liveliness,
    );
    frames
}

/// What is added to each frame.
struct Shifts {
    /// Of ln f0.
    pitch: Vec<f32>,
    /// Nepers.
    loudness: Vec<f32>,
}

impl Shifts {
    fn new(utterance: &Utterance<'_>, durations: &[u32]) -> Self {
        const SEMITONE: f32 = std::f32::consts::LN_2 / 12.0;
        const DECIBEL: f32 = std::f32::consts::LN_10 / 20.0;
        let per_frame = |of: &dyn Fn(usize) -> f32| -> Vec<f32> {
            let tokens = durations.iter().enumerate();
            moving_mean(
                &tokens
                    .flat_map(|(token, frames)| std::iter::repeat_n(of(token), *frames as usize))
                    .collect::<Vec<f32>>(),
                GLIDE,
            )
        };
        let base = utterance.speaker.pitch.ln() + utterance.pitch_shift * SEMITONE;
        Self {
            pitch: per_frame(&|token| base + utterance.control(token).pitch * SEMITONE),
            loudness: per_frame(&|token| utterance.control(token).loudness * DECIBEL),
        }
    }
}

/// ln f0 relative to the speaker's pitch, frame by frame.
fn melody(values: &[f32], description: &ModelDescription) -> Vec<f32> {
    let (mean, deviation) = (description.frames.mean[0], description.frames.deviation[0]);
    let rows = values.chunks_exact(FRAME_PARAMETERS);
    let plain: Vec<f32> = rows.map(|row| row[0] * deviation + mean).collect();
    moving_mean(&plain, MELODY)
}

fn moving_mean(steps: &[f32], width: usize) -> Vec<f32> {
    let around = |index: usize| {
        let window =
            &steps[index.saturating_sub(width / 2)..(index + width / 2 + 1).min(steps.len())];
        window.iter().sum::<f32>() / window.len() as f32
    };
    (0..steps.len()).map(around).collect()
}

/// Makes each coefficient move as far from the sentence's mean as the teacher's did: least absolute errors favour the
/// middle, which sounds muffled (global variance: Toda and Tokuda, 2007).
fn enliven(frames: &mut VocoderFrames, speech: &[usize], factors: &[f32]) {
    let count = speech.len().max(1) as f32;
    for (order, factor) in factors.iter().enumerate().take(MEL_CEPSTRUM) {
        let mean = speech
            .iter()
            .map(|index| frames.mel_cepstrum[*index][order])
            .sum::<f32>()
            / count;
        for index in speech {
            let value = &mut frames.mel_cepstrum[*index][order];
            *value = mean + (*value - mean) * factor;
        }
    }
}

/// Frames that belong to no silence.
fn speech_frames(utterance: &Utterance<'_>, durations: &[u32]) -> Vec<usize> {
    let silent = utterance
        .tokens
        .iter()
        .map(|token| token.phone.is_silence());
    let frames = silent
        .zip(durations)
        .flat_map(|(silent, frames)| std::iter::repeat_n(silent, *frames as usize));
    frames
        .enumerate()
        .filter(|(_, silent)| !silent)
        .map(|(index, _)| index)
        .collect()
}
