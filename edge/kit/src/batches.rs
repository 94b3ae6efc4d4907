//! Batches in a list, as the `OpenAPI` document shows them. The list has two addresses, of two components.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a batch stands. It leaves `processing` only once its archive can be downloaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BatchState {
    Queued,
    Processing,
    Completed,
    CompletedWithErrors,
    Failed,
    Cancelled,
}

/// A batch in a list; its items are in the answer of its status.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchSummary {
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
}

/// A page of batches, the newest first.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchList {
    pub items: Vec<BatchSummary>,
    /// `cursor` of the next page; null on the last one.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}
