//! The ledger of the object storage: what must stay, and what is to be deleted.

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

    /// The first parts of the keys that the ledger knows of.
    pub async fn object_prefixes(&self) -> Result<Vec<String>> {
        let query = sqlx::query_as("select * from storage.prefixes()");
        Ok(first(self.rows(query).await?).collect())
    }

    /// Those of the keys whose objects must stay.
    pub async fn kept_objects(&self, keys: &[String]) -> Result<HashSet<String>> {
        let query = sqlx::query_as("select * from storage.kept($1)").bind(keys);
        Ok(first(self.rows(query).await?).collect())
    }

    /// The keys of objects that were given up, and that are to be deleted.
    pub async fn discarded_objects(&self, limit: i32) -> Result<Vec<String>> {
        let query = sqlx::query_as("select * from storage.discarded($1)").bind(limit);
        Ok(first(self.rows(query).await?).collect())
    }

    /// Adds up what was counted of stored results. Returns how many counts there were.
    pub async fn fold_results(&self, limit: i32) -> Result<i32> {
        self.value(sqlx::query_as("select storage.fold_results($1)").bind(limit))
            .await
    }

    /// Counts the results of some owner anew.
    pub async fn recount_results(&self) -> Result<()> {
        self.run(sqlx::query("select storage.recount_some()")).await
    }

    /// These have been deleted.
    pub async fn objects_deleted(&self, keys: &[String]) -> Result<()> {
        self.run(sqlx::query("select storage.deleted($1)").bind(keys))
            .await
    }
}

fn first(rows: Vec<(String,)>) -> impl Iterator<Item = String> {
    rows.into_iter().map(|(key,)| key)
}
