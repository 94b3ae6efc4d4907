//! Segments of recordings, and what somebody makes of them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// How recordings are to be cut.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentBody {
    /// Its id or its name.
    pub dataset: String,
    /// Shorter segments are rejected.
    #[schema(nullable = false, minimum = 0.3, maximum = 10, default = 1)]
    pub min_seconds: Option<f64>,
    /// Longer ones are cut where the speaker pauses.
    #[schema(nullable = false, minimum = 2, maximum = 30, default = 11)]
    pub max_seconds: Option<f64>,
    /// How sure it must be that somebody speaks.
    #[schema(nullable = false, minimum = 0.05, maximum = 0.95, default = 0.5)]
    pub threshold: Option<f64>,
    /// Shorter pauses separate nothing.
    #[schema(nullable = false, minimum = 50, maximum = 2000, default = 300)]
    pub min_silence_ms: Option<u32>,
    /// What is left of the pause at both ends.
    #[schema(nullable = false, minimum = 0, maximum = 500, default = 100)]
    pub pad_ms: Option<u32>,
    /// Only these recordings.
    #[schema(
        nullable = false,
        min_items = 1,
        max_items = 1000,
        pattern = "^file_[0-9a-f]{32}$"
    )]
    pub files: Option<Vec<String>>,
}

/// Where words shall come from.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TranscribeBody {
    /// Its id or its name.
    pub dataset: String,
    #[schema(nullable = false, default = "auto")]
    pub source: Option<WordSource>,
    /// The recogniser, such as `whisper-base` or `base`; left out, the best one that a worker has and that knows the language.
    #[schema(nullable = false, min_length = 1, max_length = 64)]
    pub model: Option<String>,
    /// What is spoken, whatever it sounds like; left out, it is the language of the dataset, unless a recogniser hears another.
    #[schema(nullable = false, min_length = 2, max_length = 16)]
    pub language: Option<String>,
    #[schema(nullable = false, default = "missing")]
    pub only: Option<Only>,
    /// With `only: all`: what somebody wrote, too.
    #[schema(nullable = false, default = false)]
    pub overwrite_edited: Option<bool>,
}

/// Where words come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WordSource {
    Auto,
    Given,
    Prompts,
    Whisper,
    Remote,
    Pocketsphinx,
}

/// Which segments get words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Only {
    Missing,
    All,
}

/// A segment.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    #[schema(pattern = "^segment_[0-9a-f]{32}$")]
    pub segment_id: String,
    #[schema(pattern = "^file_[0-9a-f]{32}$")]
    pub file_id: String,
    /// Within its recording.
    pub start_seconds: f64,
    pub end_seconds: f64,
    #[schema(required = true)]
    pub text: Option<String>,
    /// `given`, `prompts`, `whisper`, `remote`, `pocketsphinx` or `edited`
    #[schema(required = true)]
    pub text_source: Option<String>,
    /// Somebody wrote the words: no step overwrites them unless it is told to.
    pub edited: bool,
    /// Somebody set the bounds: the segment stays when the recording is cut again.
    pub placed: bool,
    pub state: SegmentState,
    /// Somebody decided on the state.
    pub decided: bool,
    /// Why it is rejected, or what is odd about it.
    pub reasons: Vec<String>,
    #[schema(required = true)]
    pub snr_db: Option<f64>,
    #[schema(required = true)]
    pub loudness_lufs: Option<f64>,
    #[schema(required = true)]
    pub clipped_percent: Option<f64>,
    /// How well the words fit the sound.
    #[schema(required = true)]
    pub alignment_score: Option<f64>,
    pub audio_url: String,
}

/// Whether a segment is used. `pending`: it waits for words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SegmentState {
    Accepted,
    Rejected,
    Pending,
}

/// What to change of a segment; what is left out stays.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentEdit {
    /// What is said in it; empty where nothing is.
    #[schema(nullable = false, max_length = 1000)]
    pub text: Option<String>,
    /// `accepted` or `rejected`, whatever was measured; `auto` takes a decision back.
    #[schema(nullable = false)]
    pub state: Option<Decision>,
    /// Where it begins in its recording; with this or `end_seconds` it is cut again, 0.3 to 30 s long.
    #[schema(nullable = false, minimum = 0)]
    pub start_seconds: Option<f64>,
    #[schema(nullable = false, minimum = 0)]
    pub end_seconds: Option<f64>,
}

/// What somebody decides on a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Accepted,
    Rejected,
    Auto,
}

/// Changes of many segments.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentEdits {
    /// Its id or its name.
    pub dataset: String,
    #[schema(min_items = 1, max_items = 500)]
    pub segments: Vec<NamedEdit>,
}

/// What to change of a segment.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedEdit {
    #[schema(pattern = "^segment_[0-9a-f]{32}$")]
    pub segment_id: String,
    #[schema(nullable = false, max_length = 1000)]
    pub text: Option<String>,
    #[schema(nullable = false)]
    pub state: Option<Decision>,
}

/// How many segments were changed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedSegments {
    pub changed: u32,
}

/// A recording.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetFile {
    #[schema(pattern = "^file_[0-9a-f]{32}$")]
    pub file_id: String,
    pub filename: String,
    pub bytes: u64,
    /// `{kind: form, prompt, upload, archive or url, …}`; of an address with `url`, `rights` and `declared_at`.
    #[schema(value_type = Object)]
    pub source: Value,
    /// Null until somebody has looked at it.
    #[schema(required = true)]
    pub seconds: Option<f64>,
    #[schema(required = true)]
    pub sample_rate: Option<u32>,
    /// The words that came with it.
    #[schema(required = true)]
    pub text: Option<String>,
    #[schema(required = true)]
    pub text_source: Option<String>,
    #[schema(required = true)]
    pub speaker: Option<String>,
    /// `pending`, `ready` or `refused`
    pub state: String,
    /// Why it was refused.
    #[schema(required = true)]
    pub reason: Option<String>,
    /// How many there are of it.
    pub segments: u32,
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// A page of what lies in a dataset: segments, or recordings where `kind` is `files`.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetFileList {
    pub items: Vec<DatasetItem>,
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

/// A segment or a recording.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum DatasetItem {
    Segment(Segment),
    File(DatasetFile),
}

/// A dataset that is to be packed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportBody {
    /// Its id or its name.
    pub dataset: String,
    #[schema(nullable = false, default = "ljspeech")]
    pub format: Option<ExportFormat>,
}

/// How a dataset can be laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    Ljspeech,
    Coqui,
    Piper,
    GptSovits,
    Manifest,
}

/// What a job of the kind `dataset_export` made.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ExportResult {
    #[schema(pattern = "^dataset_[0-9a-f]{32}$")]
    pub dataset_id: String,
    pub download_url: String,
    pub bytes: u64,
    pub clips: u32,
    pub format: ExportFormat,
}
