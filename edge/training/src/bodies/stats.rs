//! What a dataset is worth.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::dataset::{Consent, FileCounts, LastStep, Rights, SegmentCounts, StepUnderWay};

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
