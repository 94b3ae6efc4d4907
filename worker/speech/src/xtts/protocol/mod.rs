//! What the engine and its process say to each other over the process's standard input and output.
//!
//! A frame is a header in JSON and a body of bytes, whose meaning the header tells: samples and codes are little-endian. Both
//! ends come from one program, so a version that differs is refused and not translated.

mod body;
mod frame;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub(super) use self::{
    body::{from_codes, from_samples, split, to_codes, to_samples},
    frame::{FrameError, HEAD_BYTES, Head, encode, read},
};

/// Grows with every change of what is said here.
pub(super) const VERSION: u32 = 1;

/// To the process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Request {
    /// The first one, and only the first one: load this model.
    Load(Load),
    /// Take a voice from recordings at 22,050 Hz, which are the body, one after the other.
    Condition {
        id: u64,
        /// Bytes of each recording.
        recordings: Vec<usize>,
    },
    Speak(Speak),
    /// What the request asked for is not wanted any more.
    Cancel {
        id: u64,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Load {
    pub(super) version: u32,
    pub(super) model: PathBuf,
    /// In the words of the options: `auto`, `cpu`, `cuda`, `cuda:1`.
    pub(super) device: String,
    pub(super) precision: String,
    /// Threads that compute, where that is the CPU.
    pub(super) threads: usize,
    /// Passages that are spoken at once; 0 for what suits the device.
    pub(super) rows: usize,
}

/// One passage. The conditioning of its voice comes with every one: 133 KB beside seconds of work, and neither side has
/// to remember what the other still knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Speak {
    pub(super) id: u64,
    pub(super) transcript: String,
    /// In the model's own words.
    pub(super) language: String,
    pub(super) voice: VoiceRecipe,
    pub(super) sampling: Sampling,
    /// Codes after which the passage has run away, however many the model could say.
    pub(super) max_codes: usize,
    pub(super) speed: f32,
    /// Audio is wanted as it is made.
    pub(super) stream: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct VoiceRecipe {
    /// The same for the same parts: under it the process keeps what it has prepared.
    pub(super) key: String,
    pub(super) parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) weight: f32,
    pub(super) source: Source,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Source {
    /// A speaker of the checkpoint, by its name.
    Speaker(String),
    /// So many further bytes of the body.
    Conditioning(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Sampling {
    pub(super) temperature: f32,
    pub(super) top_k: usize,
    pub(super) top_p: f32,
    pub(super) repetition_penalty: f32,
    pub(super) seed: u64,
}

/// From the process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reply {
    /// The model is loaded.
    Hello(Hello),
    /// Work goes on, though there is nothing to show yet.
    Alive,
    /// The body is the voice.
    Conditioned { id: u64 },
    /// The body is the samples that follow those before.
    Audio { id: u64 },
    /// The body is the codes that were spoken.
    Finished { id: u64, end: End },
    Failed {
        id: u64,
        failure: Failure,
        message: String,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Hello {
    pub(super) version: u32,
    /// In the model's own words.
    pub(super) languages: Vec<String>,
    /// Hz.
    pub(super) sample_rate: u32,
    /// The built-in voices' names.
    pub(super) speakers: Vec<String>,
    pub(super) codes_per_second: f32,
    /// What the checkpoint was made to be sampled with.
    pub(super) sampling: Sampling,
    pub(super) rows: usize,
    /// Another for each other model or precision.
    pub(super) signature: String,
    /// In words, for the log.
    pub(super) device: String,
    pub(super) parameters: u64,
}

/// How a passage ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum End {
    Stop,
    LengthLimit,
}

/// Why something has no result, by what is to be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Failure {
    /// It would fail again.
    Reject,
    /// The passage has more tokens than the model reads; halves of it may do.
    TooLong,
    Retry,
}

impl Reply {
    /// Whose answer it is.
    pub(super) fn id(&self) -> Option<u64> {
        match self {
            Self::Hello(_) | Self::Alive => None,
            Self::Conditioned { id }
            | Self::Audio { id }
            | Self::Finished { id, .. }
            | Self::Failed { id, .. } => Some(*id),
        }
    }

    /// No more comes after it.
    pub(super) fn is_last(&self) -> bool {
        !matches!(self, Self::Hello(_) | Self::Alive | Self::Audio { .. })
    }
}
