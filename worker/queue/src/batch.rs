//! What became of the jobs of a batch, for the job that packs them.

use serde_json::Value;
use uuid::Uuid;

use crate::{Queue, Result};

#[derive(Debug, Clone, sqlx::FromRow)]
pub struct BatchItem {
    pub job_id: Uuid,
    /// `completed`, `cancelled`, `expired` or `failed`; none while the job has not ended.
    pub state: Option<String>,
    pub result: Option<Value>,
    /// Why it failed, or why it was cancelled where nobody asked for it.
    pub error: Option<String>,
}

impl Queue {
    /// The items in the order of the request; none when there is no such batch.
    pub async fn batch_items(&self, batch: Uuid) -> Result<Vec<BatchItem>> {
        let query = sqlx::query_as(include_str!("../queries/batch_items.sql")).bind(batch);
        self.rows(query).await
    }
}
