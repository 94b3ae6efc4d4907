//! Texts spoken by an engine of this worker, as sounds in the storage.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use kiskadee_media::{EncodeError, Encoder, Encoding};
use kiskadee_runner::JobError;
use kiskadee_shared::format::ResponseFormat;
use kiskadee_speech::{Engine, SpeechError, SpeechRequest, VoicePart};

use super::objects::{no_scratch, put_wav};
use crate::family::Workshop;

/// Who speaks.
#[derive(Debug, Clone)]
pub(super) struct Speaker {
    pub(super) engine: String,
    pub(super) voice: String,
    pub(super) parts: Vec<VoicePart>,
    pub(super) language: String,
}

/// What was spoken.
#[derive(Debug)]
pub(super) struct Spoken {
    pub(super) samples: Vec<f32>,
    pub(super) sample_rate: u32,
    /// Of the file, if it is in one.
    pub(super) bytes: u64,
}

/// Speaks a text and stores it as WAV.
pub(super) async fn speak_to(
    workshop: &Workshop,
    speaker: &Speaker,
    text: &str,
    key: &str,
) -> Result<Spoken, JobError> {
    let engine = workshop.engines.get(&speaker.engine).map_err(not_spoken)?;
    speak_by(workshop, &**engine, speaker, text, key).await
}

/// The same by an engine that is not the worker's own.
pub(super) async fn speak_by(
    workshop: &Workshop,
    engine: &dyn Engine,
    speaker: &Speaker,
    text: &str,
    key: &str,
) -> Result<Spoken, JobError> {
    let (said, stretch) = say(engine, speaker, text).await?;
    let encoding = Encoding {
        format: ResponseFormat::Wav,
        sample_rate: said.sample_rate,
        stretch,
    };
    let encoder = Encoder::new(workshop.ffmpeg.to_string_lossy(), &workshop.scratch);
    let audio = stream::iter([Ok::<_, SpeechError>(said.samples.clone())]).boxed();
    let written = encoder.encode(encoding, audio).await;
    let written = written.map_err(not_encoded)?;
    put_wav(&workshop.store, key, written.file.path()).await?;
    Ok(Spoken {
        bytes: written.bytes,
        ..said
    })
}

/// Speaks a text for nobody to keep.
pub(super) async fn speak(
    workshop: &Workshop,
    speaker: &Speaker,
    text: &str,
) -> Result<Spoken, JobError> {
    let engine = workshop.engines.get(&speaker.engine).map_err(not_spoken)?;
    Ok(say(&**engine, speaker, text).await?.0)
}

/// And how many times as fast it is still to be played.
async fn say(
    engine: &dyn Engine,
    speaker: &Speaker,
    text: &str,
) -> Result<(Spoken, f32), JobError> {
    let request = SpeechRequest {
        voice: speaker.voice.clone(),
        parts: speaker.parts.clone(),
        ..SpeechRequest::new(text, &speaker.language)
    };
    let silent = || Err(SpeechError::Retry("the engine gave no answer".to_owned()));
    let utterance = engine.speak(vec![request]).pop().unwrap_or_else(silent);
    let utterance = utterance.map_err(not_spoken)?;
    let (sample_rate, stretch) = (utterance.sample_rate, utterance.stretch);
    let chunks = utterance.audio.map_ok(|chunk| chunk.samples);
    let samples: Vec<f32> = chunks.try_concat().await.map_err(not_spoken)?;
    let said = Spoken {
        samples,
        sample_rate,
        bytes: 0,
    };
    Ok((said, stretch))
}

pub(super) fn not_spoken(error: SpeechError) -> JobError {
    match error {
        SpeechError::Reject(why) => JobError::Reject(why),
        SpeechError::Cancelled => JobError::Cancelled,
        SpeechError::Fatal(why) => JobError::Fatal(why),
        other => JobError::Retry(other.to_string()),
    }
}

fn not_encoded(error: EncodeError) -> JobError {
    match error {
        EncodeError::Scratch(error) => no_scratch(&error),
        EncodeError::TooLong => JobError::Reject(error.to_string()),
        other => JobError::Retry(other.to_string()),
    }
}
