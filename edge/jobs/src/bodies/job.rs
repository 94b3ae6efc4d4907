//! Jobs.

use kiskadee_edge_kit::openapi::JobResult;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A job.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Job {
    #[schema(pattern = "^job_[0-9a-f]{32}$")]
    pub job_id: String,
    #[schema(example = "speech")]
    pub kind: String,
    pub status: JobState,
    #[schema(maximum = 100)]
    pub progress: u32,
    /// What it is doing, while it runs and where its kind tells: `training`, `rendering`.
    #[schema(nullable = false, example = "training")]
    pub stage: Option<String>,
    /// Figures of the stage, of the kind's own: a loss, a scene.
    #[schema(nullable = false, value_type = Option<Object>)]
    pub detail: Option<Value>,
    /// How often it was begun.
    pub attempts: u32,
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When the last attempt began.
    #[schema(required = true, format = DateTime)]
    pub started_at: Option<String>,
    #[schema(required = true, format = DateTime)]
    pub finished_at: Option<String>,
    /// The batch that it is part of.
    #[schema(nullable = false, pattern = "^batch_[0-9a-f]{32}$")]
    pub batch_id: Option<String>,
    #[schema(nullable = false)]
    pub error: Option<JobError>,
    #[schema(nullable = false, value_type = Option<JobResult>)]
    pub result: Option<Value>,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    Queued,
    Running,
    Completed,
    Failed,
    Cancelled,
    /// It had not begun by its `start_before`.
    Expired,
}

/// Why a job failed or expired, or was cancelled with one that it came after.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JobError {
    pub message: String,
    pub attempts: u32,
}

/// When each word is heard.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Timestamps {
    pub words: Vec<TimedWord>,
}

/// A word of the text with its time in the audio.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TimedWord {
    /// As it stands in the text.
    pub word: String,
    /// Seconds from the beginning.
    pub start: f64,
    pub end: f64,
}

/// A page of jobs, the newest first.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JobList {
    pub items: Vec<Job>,
    /// `cursor` of the next page; null on the last one.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}
