//! What goes into an engine and what comes out of it.

use std::fmt;

use futures::stream::BoxStream;
use kiskadee_shared::quality::QualityProfile;
use tokio_util::sync::CancellationToken;

use crate::SpeechError;

/// The voice id that stands for "the engine's own choice for the language".
pub const DEFAULT_VOICE: &str = "default";

/// One text to speak.
#[derive(Debug, Clone)]
pub struct SpeechRequest {
    pub text: String,
    /// A voice id of the engine, or [`DEFAULT_VOICE`].
    pub voice: String,
    /// A BCP 47 tag such as `en` or `pt-BR`.
    pub language: String,
    pub quality: QualityProfile,
    /// 1.0 is the voice's own pace, 2.0 twice as fast.
    pub speed: f32,
    /// Ends this request, and no other of its batch, with [`SpeechError::Cancelled`].
    pub cancel: CancellationToken,
}

/// A stretch of mono audio.
#[derive(Debug, Clone, PartialEq)]
pub struct AudioChunk {
    /// Samples in -1.0..=1.0 (a caller must still guard against overshoot).
    pub samples: Vec<f32>,
    /// The share of the request's text that has been spoken with this chunk, 0.0..=1.0.
    pub spoken: f32,
}

/// The audio of one request as it is made. Ends after its first error. Dropping it ends the work.
pub type AudioStream = BoxStream<'static, Result<AudioChunk, SpeechError>>;

/// A request that the engine has accepted.
pub struct Utterance {
    /// The voice in use: never [`DEFAULT_VOICE`].
    pub voice_id: String,
    pub sample_rate: u32,
    /// The part of the asked speed that the engine cannot give itself: the caller still has to play the
    /// audio this many times as fast. 1.0 when nothing is left to do.
    pub stretch: f32,
    pub audio: AudioStream,
}

impl fmt::Debug for Utterance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Utterance")
            .field("voice_id", &self.voice_id)
            .field("sample_rate", &self.sample_rate)
            .field("stretch", &self.stretch)
            .finish_non_exhaustive()
    }
}
