//! Recordings with their phones and durations, as a teacher made them.

use kiskadee_pronunciation::PhoneToken;
use kiskadee_text::Language;
use kiskadee_voice::VocoderFrames;
use kiskadee_voice::acoustic::SentenceKind;
use kiskadee_voice::speaker::Moments;

use crate::TrainError;

/// One sentence of a teacher.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    pub tokens: Vec<PhoneToken>,
    /// Frames of 5 ms for each token; together all frames.
    pub durations: Vec<u32>,
    pub kind: SentenceKind,
    pub frames: VocoderFrames,
}

/// All recordings of one speaker.
#[derive(Debug, Clone)]
pub struct Speaker {
    pub name: String,
    pub language: Language,
    /// How far the vocal tract may be warped either way before the voice sounds wrong.
    pub warps: (f32, f32),
    pub recordings: Vec<Recording>,
    /// Of each recording.
    pub moments: Vec<Moments>,
    /// Of all recordings.
    pub pooled: Moments,
}

impl Speaker {
    pub fn new(
        name: impl Into<String>,
        language: Language,
        warps: (f32, f32),
        recordings: Vec<Recording>,
    ) -> Result<Self, TrainError> {
        let name = name.into();
        let unusable = |index: usize, reason: String| TrainError::Recording {
            speaker: name.clone(),
            index,
            reason,
        };
        let mut moments = Vec::with_capacity(recordings.len());
        for (index, recording) in recordings.iter().enumerate() {
            recording
                .check()
                .map_err(|reason| unusable(index, reason))?;
            moments.push(
                Moments::measure(&recording.frames)
                    .map_err(|error| unusable(index, error.to_string()))?,
            );
        }
        let Some(pooled) = Moments::pool(&moments) else {
            return Err(TrainError::Options(format!(
                "speaker {name} has no recordings"
            )));
        };
        Ok(Self {
            name,
            language,
            warps,
            recordings,
            moments,
            pooled,
        })
    }
}

impl Recording {
    fn check(&self) -> Result<(), String> {
        let frames = self.frames.len();
        if self.tokens.is_empty() || self.tokens.len() != self.durations.len() {
            return Err(format!(
                "{} tokens but {} durations",
                self.tokens.len(),
                self.durations.len()
            ));
        }
        let spoken: u64 = self.durations.iter().map(|d| u64::from(*d)).sum();
        if spoken != frames as u64
            || self.frames.mel_cepstrum.len() != frames
            || self.frames.strengths.len() != frames
        {
            return Err(format!("durations of {spoken} frames for {frames} frames"));
        }
        Ok(())
    }

    /// Whether it is long enough to measure its speaker by.
    pub fn describes_its_speaker(&self) -> bool {
        Moments::measure(&self.frames).is_ok()
    }

    /// The indices of the frames that belong to no silence.
    pub fn speech_frames(&self) -> impl Iterator<Item = usize> {
        let mut end = 0usize;
        let tokens = self
            .tokens
            .iter()
            .zip(&self.durations)
            .map(move |(token, frames)| {
                end += *frames as usize;
                (token, end - *frames as usize..end)
            });
        tokens
            .filter(|(token, _)| !token.phone.is_silence())
            .flat_map(|(_, frames)| frames)
    }

    /// Durations in rows of two frames, whose ends lie where the phones end; each phone has one row at least.
    pub fn row_durations(&self) -> Vec<u32> {
        let rows: Vec<f32> = self
            .durations
            .iter()
            .map(|frames| *frames as f32 / 2.0)
            .collect();
        kiskadee_voice::acoustic::whole_durations(&rows)
    }
}
