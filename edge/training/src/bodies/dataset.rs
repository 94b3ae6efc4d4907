//! Datasets, their recordings and the steps that make them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{
    ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, Type},
    },
};

/// A dataset that is to be made.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetBody {
    /// How it is called; no two of one owner have the same name.
    #[schema(min_length = 1, max_length = 64, example = "my_voice")]
    pub name: String,
    /// What is spoken in it.
    #[schema(
        min_length = 2,
        max_length = 16,
        pattern = "^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$",
        example = "en"
    )]
    pub language: String,
    /// The words with which the speaker agreed.
    #[schema(nullable = false, min_length = 1, max_length = 1000)]
    pub consent: Option<String>,
    /// By what right the material is used.
    #[schema(nullable = false)]
    pub rights: Option<Rights>,
}

/// What is to be told of a dataset from now on; what is left out stays.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetChanges {
    #[schema(nullable = false, min_length = 1, max_length = 64)]
    pub name: Option<String>,
    #[schema(
        nullable = false,
        min_length = 2,
        max_length = 16,
        pattern = "^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$"
    )]
    pub language: Option<String>,
    #[schema(nullable = false, min_length = 1, max_length = 1000)]
    pub consent: Option<String>,
    #[schema(nullable = false)]
    pub rights: Option<Rights>,
}

/// By what right material is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rights {
    Own,
    Licensed,
    PublicDomain,
}

/// A dataset.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    #[schema(pattern = "^dataset_[0-9a-f]{32}$")]
    pub dataset_id: String,
    pub name: String,
    pub language: String,
    #[schema(required = true)]
    pub rights: Option<Rights>,
    #[schema(required = true)]
    pub consent: Option<Consent>,
    /// The step under way.
    #[schema(required = true)]
    pub step: Option<StepUnderWay>,
    /// How the last one ended.
    #[schema(required = true)]
    pub last_step: Option<LastStep>,
    pub files: FileCounts,
    pub segments: SegmentCounts,
    /// Speech with words that a run could learn from.
    pub accepted_seconds: f64,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// How a speaker agreed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    pub statement: String,
    #[schema(format = DateTime)]
    pub given_at: String,
}

/// A step that a job is at.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepUnderWay {
    pub name: StepName,
    #[schema(pattern = "^job_[0-9a-f]{32}$")]
    pub job_id: String,
    pub status_url: String,
}

/// How a step ended.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LastStep {
    pub name: StepName,
    #[schema(pattern = "^job_[0-9a-f]{32}$")]
    pub job_id: String,
    /// `completed`, `cancelled` or `failed`
    pub outcome: String,
    #[schema(nullable = false)]
    pub error: Option<String>,
    #[schema(format = DateTime)]
    pub ended_at: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepName {
    Import,
    Download,
    Segment,
    Transcribe,
}

/// Recordings by their state.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FileCounts {
    pub total: u32,
    pub ready: u32,
    /// Nobody has looked at them yet.
    pub pending: u32,
    pub refused: u32,
}

/// Segments by their state.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentCounts {
    pub accepted: u32,
    pub rejected: u32,
    /// They wait for words.
    pub pending: u32,
}

/// A page of datasets.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetList {
    pub items: Vec<Dataset>,
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

/// Recordings for a dataset.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetForm {
    /// Its id or its name.
    pub dataset: String,
    #[schema(schema_with = recordings)]
    pub file: Vec<String>,
    /// What is said in the recording, where it was read aloud; then it is one recording.
    #[schema(min_length = 1, max_length = 1000)]
    pub text: Option<String>,
}

fn recordings() -> RefOr<Schema> {
    let binary = SchemaFormat::KnownFormat(KnownFormat::Binary);
    let file = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(binary));
    let list = ArrayBuilder::new().items(file);
    list.min_items(Some(1)).max_items(Some(50)).into()
}

/// A job of a dataset.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepAnswer {
    #[schema(pattern = "^job_[0-9a-f]{32}$")]
    pub job_id: String,
    pub status_url: String,
    #[schema(pattern = "^dataset_[0-9a-f]{32}$")]
    pub dataset_id: String,
}

/// Recordings were taken in; a job looks what they are.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FilesAnswer {
    #[schema(pattern = "^job_[0-9a-f]{32}$")]
    pub job_id: String,
    pub status_url: String,
    #[schema(pattern = "^dataset_[0-9a-f]{32}$")]
    pub dataset_id: String,
    pub files: Vec<TakenFile>,
}

/// A recording that was taken in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TakenFile {
    #[schema(pattern = "^file_[0-9a-f]{32}$")]
    pub file_id: String,
    pub filename: String,
}

/// An upload that is to become part of a dataset.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportBody {
    /// Its id or its name.
    pub dataset: String,
    /// An upload of the family `training`: a recording, or a ZIP of recordings with their words.
    #[schema(pattern = "^upload_[0-9a-f]{32}$")]
    pub upload_id: String,
    /// How the words stand in the ZIP; left out, it is recognised and told back.
    #[schema(nullable = false)]
    pub format: Option<DatasetFormat>,
}

/// How recordings and their words lie together. `auto`: as they look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DatasetFormat {
    Auto,
    Ljspeech,
    Coqui,
    Piper,
    GptSovits,
    Pairs,
    Manifest,
    Audio,
}

/// What a job of the kind `dataset_import` did.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ImportResult {
    /// Recordings that can be used.
    pub files: u32,
    pub seconds: f64,
    /// Of them, those that came with words.
    pub with_text: u32,
    /// What cannot be used, the first hundred: `{filename, reason}`.
    #[schema(value_type = Vec<Object>)]
    pub refused: Vec<Value>,
    /// How the words stood in a ZIP.
    #[schema(nullable = false)]
    pub format: Option<DatasetFormat>,
    /// Rows that cannot be read, the first hundred: `{file, line, reason}`.
    #[schema(nullable = false, value_type = Vec<Object>)]
    pub bad_rows: Option<Vec<Value>>,
    /// Rows whose recording is not there, the first hundred: `{file, line, audio}`.
    #[schema(nullable = false, value_type = Vec<Object>)]
    pub missing_audio: Option<Vec<Value>>,
    /// Recordings that no row names, the first hundred.
    #[schema(nullable = false)]
    pub unused_audio: Option<Vec<String>>,
}

/// What a job of the kind `dataset_segment` did.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct SegmentResult {
    pub segments: u32,
    /// Of all segments.
    pub hours: f64,
    /// Rejected ones by their reasons: `{reason: n}`.
    #[schema(value_type = Object)]
    pub rejected: Value,
    /// Recordings in which nobody speaks, or that cannot be read: `{filename, reason}`.
    #[schema(value_type = Vec<Object>)]
    pub refused: Vec<Value>,
    /// Recordings with words that are too long for one segment: their pieces have no words.
    pub cut_apart: Vec<String>,
}

/// What a job of the kind `dataset_transcribe` did.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct TranscribeResult {
    /// Segments that have words now.
    pub transcribed: u32,
    /// Segments that have none.
    pub failed: u32,
    /// Segments whose words are others than before.
    pub changed: u32,
}

/// What a dataset is worth. Figures are of accepted segments, but for `segments`, `rejected` and `transcripts`.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct DatasetStats {
    #[schema(pattern = "^dataset_[0-9a-f]{32}$")]
    pub dataset_id: String,
    pub name: String,
    pub language: String,
    /// Counts changes of segments and their words.
    pub revision: u64,
    /// The number of the version that a run took last.
    #[schema(required = true)]
    pub version: Option<u32>,
    pub files: FileCounts,
    pub segments: SegmentCounts,
    /// `{total, accepted, median, p5, p95}`
    #[schema(value_type = Object)]
    pub seconds: Value,
    /// `{reason: n}`
    #[schema(value_type = Object)]
    pub rejected: Value,
    pub speakers: u32,
    /// `{tag: share}`
    #[schema(value_type = Object)]
    pub languages: Value,
    /// `{median, p10}`
    #[schema(required = true, value_type = Option<Object>)]
    pub snr_db: Option<Value>,
    /// `{median, spread}`
    #[schema(required = true, value_type = Option<Object>)]
    pub loudness_lufs: Option<Value>,
    #[schema(required = true)]
    pub clipped_percent: Option<f64>,
    /// The median of where their power ends.
    #[schema(required = true)]
    pub bandwidth_hz: Option<f64>,
    /// `{median, spread}`
    #[schema(required = true, value_type = Option<Object>)]
    pub characters_per_second: Option<Value>,
    /// `{covered, missing}`, of what the last `transcribe` saw; null before, and of languages whose sounds are not known here.
    #[schema(required = true, value_type = Option<Object>)]
    pub phones: Option<Value>,
    /// `{samples, texts}`
    #[schema(value_type = Object)]
    pub duplicates: Value,
    /// `{given, prompts, whisper, remote, pocketsphinx, edited, missing}`
    #[schema(value_type = Object)]
    pub transcripts: Value,
    /// Of `matching`, `tuned_voice`, `good_tuned_voice` and `xtts` those for which there is speech enough.
    pub suffices_for: Vec<String>,
    /// A run can begin.
    pub ready: bool,
    /// Why it cannot, with what to do.
    pub blockers: Vec<String>,
    pub advice: Vec<String>,
    #[schema(required = true)]
    pub rights: Option<Rights>,
    #[schema(required = true)]
    pub consent: Option<Consent>,
    #[schema(required = true)]
    pub step: Option<StepUnderWay>,
    #[schema(required = true)]
    pub last_step: Option<LastStep>,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// Sentences to be read aloud.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PromptList {
    pub language: String,
    /// The first twenty have all sounds of the language.
    pub items: Vec<String>,
}
