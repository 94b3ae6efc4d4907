//! What goes into an engine and what comes out of it.

use std::{fmt, ops::Range, sync::Arc};

use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use kiskadee_shared::{quality::QualityProfile, text_format::TextFormat};
use kiskadee_text::Dictionary;
use tempfile::TempPath;
use tokio_util::sync::CancellationToken;

use crate::SpeechError;

/// The voice id that stands for "the engine's own choice for the language".
pub const DEFAULT_VOICE: &str = "default";

/// One text to speak.
#[derive(Debug, Clone)]
pub struct SpeechRequest {
    pub text: String,
    /// What the marks in the text are.
    pub text_format: TextFormat,
    /// A voice id, or [`DEFAULT_VOICE`].
    pub voice: String,
    /// What the voice is made of; empty for a voice that the engine brings along.
    pub parts: Vec<VoicePart>,
    /// A BCP 47 tag such as `en` or `pt-BR`.
    pub language: String,
    pub quality: QualityProfile,
    /// 1.0 is the voice's own pace, 2.0 twice as fast.
    pub speed: f32,
    /// Words that are said in a way of their own.
    pub dictionary: Arc<Dictionary>,
    /// Somebody listens while it is made: give audio as soon as there is some, before the whole can be checked.
    pub live: bool,
    /// Ends this request, and no other of its batch, with [`SpeechError::Cancelled`].
    pub cancel: CancellationToken,
}

impl SpeechRequest {
    /// A text in the default format, in the engine's own voice for the language, at its own pace.
    pub fn new(text: impl Into<String>, language: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            text_format: TextFormat::default(),
            voice: DEFAULT_VOICE.to_owned(),
            parts: Vec::new(),
            language: language.into(),
            quality: QualityProfile::default(),
            speed: 1.0,
            dictionary: Arc::default(),
            live: false,
            cancel: CancellationToken::new(),
        }
    }
}

/// A share of a voice that is a mix of others, or the whole of one that was made from a recording.
#[derive(Debug, Clone)]
pub struct VoicePart {
    /// A voice id of the engine, where there is no conditioning.
    pub voice: String,
    /// Over 0; only its relation to the other parts' counts.
    pub weight: f32,
    /// What [`crate::VoiceMaker`] made of a recording.
    pub conditioning: Option<Arc<[u8]>>,
    /// A file of weights that were trained for it and are too large for memory; gone with its last holder.
    pub weights: Option<Arc<TempPath>>,
}

impl VoicePart {
    /// Whether what lies under this name is to be given as a file, in `weights`: the end of the name tells.
    pub fn has_weights(key: &str) -> bool {
        key.ends_with(".xtts.safetensors")
    }
}

/// When a word of the text is heard.
#[derive(Debug, Clone, PartialEq)]
pub struct WordTiming {
    /// The bytes of the request's text that are spoken.
    pub source: Range<usize>,
    /// Seconds from the beginning of the request's audio, at the engine's own pace.
    pub start: f64,
    pub end: f64,
}

/// A stretch of mono audio.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AudioChunk {
    /// Samples in -1.0..=1.0 (a caller must still guard against overshoot).
    pub samples: Vec<f32>,
    /// The share of the request's text that has been spoken with this chunk, 0.0..=1.0.
    pub spoken: f32,
    /// The words that begin in this chunk, where the engine knows them.
    pub words: Vec<WordTiming>,
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

impl Utterance {
    /// What stands for a text without a word: the silence that it asks for, or a short one.
    pub(crate) fn silent(request: &SpeechRequest, voice_id: String, sample_rate: u32) -> Self {
        Self {
            voice_id,
            sample_rate,
            stretch: 1.0,
            audio: stream::iter([Ok(AudioChunk::silent(request, sample_rate))]).boxed(),
        }
    }
}

impl AudioChunk {
    /// The whole of a request without a word.
    pub(crate) fn silent(request: &SpeechRequest, sample_rate: u32) -> Self {
        let length = kiskadee_text::silence(&request.text, request.text_format, &request.language);
        Self {
            samples: vec![0.0; (length.as_secs_f64() * f64::from(sample_rate)) as usize],
            spoken: 1.0,
            words: Vec::new(),
        }
    }
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
