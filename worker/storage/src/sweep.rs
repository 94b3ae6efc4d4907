//! Deletes objects that nothing accounts for: of attempts that were overtaken, of work that died between an object and its
//! row, and of rows that are gone.
//!
//! The storage cannot be fenced, so an attempt may write at any time. Only objects older than a grace period, which must be
//! longer than any attempt can last, are looked at.

use std::{
    collections::HashSet,
    time::{Duration, SystemTime},
};

use futures::{StreamExt, TryStreamExt, stream};

use crate::{Store, StoreError};

/// How many objects are judged in one question.
const BATCH: usize = 500;
const DELETES_AT_ONCE: usize = 8;

/// What a sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Old enough to be judged.
    pub judged: u64,
    pub deleted: u64,
    pub deleted_bytes: u64,
}

/// Sweeps one storage.
#[derive(Debug, Clone)]
pub struct Sweeper {
    store: Store,
    grace: Duration,
}

/// An old object.
struct Candidate {
    key: String,
    bytes: u64,
}

impl Sweeper {
    pub fn new(store: Store, grace: Duration) -> Self {
        Self { store, grace }
    }

    /// Goes once through everything under a prefix. `kept` answers, of the keys it is given, those that must stay; when it
    /// fails nothing more is deleted and its error is handed back.
    pub async fn sweep<E, F>(&self, prefix: &str, mut kept: F) -> Result<SweepReport, E>
    where
        E: From<StoreError>,
        F: AsyncFnMut(Vec<String>) -> Result<HashSet<String>, E>,
    {
        let mut report = SweepReport::default();
        let now = SystemTime::now();
        let old = self
            .store
            .list(prefix)?
            .try_filter_map(async |(key, meta)| {
                let age = now.duration_since(meta.last_modified.into());
                let is_old = age.unwrap_or_default() >= self.grace;
                let bytes = meta.size;
                Ok(is_old.then_some(Candidate { key, bytes }))
            });
        let mut batches = Box::pin(old.try_chunks(BATCH));
        while let Some(batch) = batches.next().await {
            let batch = batch.map_err(|error| error.1)?;
            let keys = batch.iter().map(|candidate| candidate.key.clone());
            let kept = kept(keys.collect()).await?;
            report.judged += batch.len() as u64;
            let orphans = batch
                .into_iter()
                .filter(|candidate| !kept.contains(&candidate.key));
            self.delete(orphans.collect(), &mut report).await?;
        }
        self.store.drop_unfinished(prefix, self.grace).await;
        Ok(report)
    }

    async fn delete(
        &self,
        orphans: Vec<Candidate>,
        report: &mut SweepReport,
    ) -> Result<(), StoreError> {
        let delete = async |orphan: Candidate| {
            self.store.delete(&orphan.key).await?;
            Ok::<_, StoreError>(orphan.bytes)
        };
        let mut deletes = stream::iter(orphans)
            .map(delete)
            .buffer_unordered(DELETES_AT_ONCE);
        while let Some(bytes) = deletes.try_next().await? {
            report.deleted += 1;
            report.deleted_bytes += bytes;
        }
        Ok(())
    }
}
