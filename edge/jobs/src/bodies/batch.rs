//! Batches.

use kiskadee_edge_kit::batches::BatchState;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::job::JobState;

/// The state of a batch.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchStatus {
    #[schema(pattern = "^batch_[0-9a-f]{32}$")]
    pub batch_id: String,
    pub total_jobs: u32,
    pub completed: u32,
    pub failed: u32,
    pub cancelled: u32,
    /// Those that had not begun by their `start_before`.
    pub expired: u32,
    pub pending: u32,
    /// Percent of the jobs that have ended, rounded down.
    #[schema(maximum = 100)]
    pub progress: u32,
    pub status: BatchState,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(required = true, format = DateTime)]
    pub finished_at: Option<String>,
    /// The items in the order of the request.
    pub items: Vec<BatchItem>,
}

/// One text of a batch.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchItem {
    /// The place in the request, from 0.
    pub index: u32,
    #[schema(pattern = "^job_[0-9a-f]{32}$")]
    pub job_id: String,
    pub status: JobState,
    #[schema(maximum = 100)]
    pub progress: u32,
    /// How often it was begun.
    pub attempts: u32,
    /// Why it failed or expired.
    #[schema(nullable = false)]
    pub error: Option<String>,
    #[schema(nullable = false)]
    pub audio_url: Option<String>,
    pub duration_seconds: Option<f64>,
    pub bytes: Option<u64>,
}
