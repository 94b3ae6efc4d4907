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

    /// The keys of objects that nobody may read any more, and that are to be deleted.
    pub async fn doomed_objects(&self, limit: i32) -> Result<Vec<String>> {
        let query = sqlx::query_as("select * from speech.doomed_objects($1)").bind(limit);
        let rows: Vec<(String,)> = self.rows(query).await?;
        Ok(rows.into_iter().map(|(key,)| key).collect())
    }

    /// These have been deleted.
    pub async fn objects_deleted(&self, keys: &[String]) -> Result<()> {
        self.run(sqlx::query("select speech.objects_deleted($1)").bind(keys))
            .await
    }
}
