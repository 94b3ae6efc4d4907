//! How far the model's speech is from its teachers', on sentences that it was not trained with.

use candle_core::Device;
use kiskadee_pronunciation::PhoneToken;
use kiskadee_text::Language;
use kiskadee_voice::acoustic::{AcousticModel, SentenceKind, Spoken, Utterance};
use kiskadee_voice::speaker::{Speaker as Voice, Warp};
use kiskadee_voice::{FRAME_SECONDS, VocoderFrames};
use serde::Serialize;

use crate::TrainError;
use crate::corpus::{Recording, Speaker};

/// Means over the recordings of one speaker.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    pub speaker: String,
    pub recordings: usize,
    /// Mel-cepstral distortion of the frames of speech in dB, c0 left out (Kubichek, 1993).
    pub distortion_db: f32,
    /// Root mean square error of f0 where both are voiced, in cents.
    pub pitch_error_cents: f32,
    /// Frames of speech that are voiced in one and not in the other, in per cent.
    pub voicing_error_percent: f32,
    /// Mean absolute error of the phones' natural durations in ms.
    pub duration_error_ms: f32,
}

impl std::fmt::Display for Evaluation {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "{} ({} sentences): distortion {:.2} dB, f0 {:.0} cents, voicing {:.1} %, durations {:.1} ms",
            self.speaker,
            self.recordings,
            self.distortion_db,
            self.pitch_error_cents,
            self.voicing_error_percent,
            self.duration_error_ms
        )
    }
}

/// Measures the weights file `weights` against each speaker's recordings.
pub fn evaluate(weights: &[u8], held_out: &[Speaker]) -> Result<Vec<Evaluation>, TrainError> {
    let model = AcousticModel::load(weights, &Device::Cpu)?;
    held_out
        .iter()
        .map(|speaker| evaluate_speaker(&model, speaker))
        .collect()
}

fn evaluate_speaker(model: &AcousticModel, speaker: &Speaker) -> Result<Evaluation, TrainError> {
    let voice = model.match_moments(&speaker.pooled, &Warp::new(0.0))?;
    let mut errors = Errors::default();
    for recording in &speaker.recordings {
        let spoken = speak_like(model, recording, speaker.language, voice)?;
        errors.add_frames(recording, &spoken.frames);
        let natural = speak(
            model,
            &recording.tokens,
            recording.kind,
            speaker.language,
            voice,
        )?;
        errors.add_durations(recording, &natural.durations);
    }
    Ok(errors.finish(speaker))
}

/// The recording's sentence with the recording's durations, so that frames can be compared one by one.
pub fn speak_like(
    model: &AcousticModel,
    recording: &Recording,
    language: Language,
    voice: Voice,
) -> Result<Spoken, TrainError> {
    let rows = recording.row_durations().into_iter();
    let seconds = rows.map(|rows| rows as f32 * 2.0 * FRAME_SECONDS);
    let timed = recording.tokens.iter().zip(seconds);
    let tokens: Vec<PhoneToken> = timed
        .map(|(token, seconds)| PhoneToken {
            seconds: Some(seconds),
            ..*token
        })
        .collect();
    speak(model, &tokens, recording.kind, language, voice)
}

/// A sentence as the model says it, with durations of its own where tokens have none.
pub(crate) fn speak(
    model: &AcousticModel,
    tokens: &[PhoneToken],
    kind: SentenceKind,
    language: Language,
    speaker: Voice,
) -> Result<Spoken, TrainError> {
    let utterance = Utterance {
        tokens,
        language,
        kind,
        speaker,
        rate: 1.0,
        pitch_shift: 0.0,
        controls: &[],
    };
    let spoken = model.synthesize(&[utterance])?.pop();
    spoken.ok_or_else(|| TrainError::Options("the model spoke nothing".into()))
}

#[derive(Default)]
struct Errors {
    speech: f64,
    distortion: f64,
    voiced: f64,
    square_cents: f64,
    voicing: f64,
    phones: f64,
    milliseconds: f64,
}

impl Errors {
    fn add_frames(&mut self, recording: &Recording, ours: &VocoderFrames) {
        let theirs = &recording.frames;
        for index in recording
            .speech_frames()
            .filter(|index| *index < ours.len())
        {
            self.speech += 1.0;
            let pairs = theirs.mel_cepstrum[index]
                .iter()
                .zip(&ours.mel_cepstrum[index])
                .skip(1);
            let squares: f64 = pairs.map(|(a, b)| f64::from(a - b).powi(2)).sum();
            self.distortion += 10.0 / std::f64::consts::LN_10 * (2.0 * squares).sqrt();
            let (a, b) = (theirs.f0[index], ours.f0[index]);
            if a > 0.0 && b > 0.0 {
                self.voiced += 1.0;
                self.square_cents += (1200.0 * f64::from(a / b).log2()).powi(2);
            }
            self.voicing += f64::from(u8::from((a > 0.0) != (b > 0.0)));
        }
    }

    fn add_durations(&mut self, recording: &Recording, ours: &[u32]) {
        let speech = recording
            .tokens
            .iter()
            .zip(recording.durations.iter().zip(ours));
        for (_, (a, b)) in speech.filter(|(token, _)| !token.phone.is_silence()) {
            self.phones += 1.0;
            self.milliseconds += f64::from(a.abs_diff(*b)) * f64::from(FRAME_SECONDS) * 1000.0;
        }
    }

    fn finish(self, speaker: &Speaker) -> Evaluation {
        let mean = |sum: f64, count: f64| (sum / count.max(1.0)) as f32;
        Evaluation {
            speaker: speaker.name.clone(),
            recordings: speaker.recordings.len(),
            distortion_db: mean(self.distortion, self.speech),
            pitch_error_cents: mean(self.square_cents, self.voiced).sqrt(),
            voicing_error_percent: 100.0 * mean(self.voicing, self.speech),
            duration_error_ms: mean(self.milliseconds, self.phones),
        }
    }
}
