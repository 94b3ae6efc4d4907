//! Which stored objects belong to an accepted attempt.

use std::collections::HashSet;

use uuid::Uuid;

use crate::{Queue, Result};

/// An attempt, as the path of its objects names it.
pub type AttemptId = (Uuid, i64);

impl Queue {
    /// Those of the attempts whose objects must stay: accepted, or still under lease. What an attempt that lost left
    /// behind is in neither.
    pub async fn kept_attempts(&self, attempts: &[AttemptId]) -> Result<HashSet<AttemptId>> {
        let (jobs, tokens): (Vec<Uuid>, Vec<i64>) = attempts.iter().copied().unzip();
        let query = sqlx::query_as(include_str!("../queries/kept_attempts.sql"))
            .bind(jobs)
            .bind(tokens);
        Ok(self.rows(query).await?.into_iter().collect())
    }
}
