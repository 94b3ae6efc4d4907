//! What the jobs made that a job comes after.

use serde_json::Value;
use uuid::Uuid;

use crate::{Queue, Result};

/// A job that another one waited for.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Predecessor {
    pub job_id: Uuid,
    /// `completed`, `cancelled`, `expired` or `failed`; none when it has not ended, or when its end is older than finished work is kept.
    pub state: Option<String>,
    pub result: Option<Value>,
    /// Why it failed, or why it was cancelled where nobody asked for it.
    pub error: Option<String>,
}

impl Queue {
    /// The predecessors of a live job in the order in which it named them; none when it has none, or has ended itself.
    pub async fn results_before(&self, job: Uuid) -> Result<Vec<Predecessor>> {
        let query = sqlx::query_as(include_str!("../queries/results_before.sql")).bind(job);
        self.rows(query).await
    }
}
