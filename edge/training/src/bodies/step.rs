//! What steps take and answer, and what their jobs did.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::dataset::Rights;

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
    /// An upload of the family `training`: a recording, or a ZIP of recordings with their words. It, or `url`.
    #[schema(nullable = false, pattern = "^upload_[0-9a-f]{32}$")]
    pub upload_id: Option<String>,
    /// Where the recording or the ZIP lies.
    #[schema(nullable = false, min_length = 1, max_length = 2048)]
    pub url: Option<String>,
    /// With `url`: by what right the material is used; without it nothing is fetched.
    #[schema(nullable = false)]
    pub rights: Option<Rights>,
    /// How the words stand in the ZIP; left out, it is recognised and told back.
    #[schema(nullable = false)]
    pub format: Option<DatasetFormat>,
}

/// Addresses from which recordings are to be fetched.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DownloadBody {
    #[schema(min_items = 1, max_items = 20)]
    pub urls: Vec<String>,
    /// Its id or its name; of this name it is made where it is not there.
    pub dataset: String,
    /// Of a dataset that is to be made.
    #[schema(nullable = false, min_length = 2, max_length = 16, default = "en")]
    pub language: Option<String>,
    /// By what right the material is used; without it nothing is fetched.
    pub rights: Rights,
    #[schema(nullable = false, min_length = 1, max_length = 1000)]
    pub consent: Option<String>,
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

/// What a job of the kind `dataset_download` did.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct DownloadResult {
    pub files: Vec<DownloadedFile>,
    pub failed: Vec<DownloadFailure>,
}

/// A recording that came from an address. A long one is several.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct DownloadedFile {
    #[schema(pattern = "^file_[0-9a-f]{32}$")]
    pub file_id: String,
    pub url: String,
    pub seconds: f64,
}

/// An address that led to nothing.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct DownloadFailure {
    pub url: String,
    pub reason: String,
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
