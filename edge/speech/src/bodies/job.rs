//! Jobs.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CloneResult, Licence};

/// A job that was taken in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpeechAnswer {
    #[schema(pattern = "^job_[0-9a-f]{32}$")]
    pub job_id: String,
    pub status_url: String,
    /// As in the answer to a batch.
    #[schema(required = true)]
    pub estimated_time: Option<u32>,
}

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
    #[schema(nullable = false)]
    pub result: Option<JobResult>,
}

/// What a job made, by its kind.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum JobResult {
    Speech(SpeechResult),
    Voice(CloneResult),
    Stream(StreamResult),
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
}

/// Why a job failed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JobError {
    pub message: String,
    pub attempts: u32,
}

/// What a speech job made.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpeechResult {
    pub audio_url: String,
    pub content_type: String,
    pub bytes: u64,
    pub duration_seconds: f64,
    pub sample_rate: u32,
    /// The engine that spoke.
    pub engine: String,
    /// The voice that spoke; never `default`.
    pub voice_id: String,
    /// When each word is heard, if that was asked for and is known.
    #[schema(nullable = false)]
    pub timestamps_url: Option<String>,
    #[schema(nullable = false)]
    pub subtitles_url: Option<String>,
    /// The licence of the voice, where it is known.
    #[schema(nullable = false)]
    pub licence: Option<Licence>,
}

/// What was spoken to a listener; its audio was not kept.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StreamResult {
    pub content_type: String,
    pub bytes: u64,
    pub duration_seconds: f64,
    pub engine: String,
    pub voice_id: String,
    /// The licence of the voice, where it is known.
    #[schema(nullable = false)]
    pub licence: Option<Licence>,
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
