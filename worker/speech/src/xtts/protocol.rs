//! What the engine orders of its process, and what it is told. Samples, codes and conditioning are the bodies of frames.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::NAME;
use kiskadee_process::Protocol;

/// The protocol of the engine's process.
pub(super) enum XttsProtocol {}

impl Protocol for XttsProtocol {
    const NAME: &'static str = NAME;
    const VERSION: u32 = 2;
    type Load = Load;
    type Hello = Hello;
    type Order = Order;
    type End = Done;

    fn log(hello: &Hello) {
        tracing::info!(
            device = hello.device,
            parameters = hello.parameters,
            rows = hello.rows,
            languages = hello.languages.len(),
            speakers = hello.speakers.len(),
            "the speech process has loaded its model"
        );
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Order {
    /// Take a voice from recordings at 22,050 Hz, which are the body, one after the other.
    Condition {
        /// Bytes of each recording.
        recordings: Vec<usize>,
    },
    /// The parts of the answer are samples.
    Speak(Speak),
}

/// How an order was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Done {
    /// The body is the voice.
    Conditioned,
    /// The body is the codes that were spoken.
    Spoken(End),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Load {
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

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Hello {
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
