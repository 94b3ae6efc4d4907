//! Batches.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A batch that was taken in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchAnswer {
    /// The same as `batch_id`.
    pub job_id: String,
    #[schema(pattern = "^batch_[0-9a-f]{32}$")]
    pub batch_id: String,
    #[schema(minimum = 1)]
    pub total_jobs: u32,
    /// Seconds until it should be done, by the measured rate of the workers and what waits before it; null when an engine was
    /// never measured.
    #[schema(required = true)]
    pub estimated_time: Option<u32>,
    pub status_url: String,
}
