//! Removes results that no accepted completion names: of attempts that were overtaken, and of jobs whose
//! records have been dropped.
//!
//! The storage cannot be fenced, so an attempt may write at any time. Only results older than a grace period,
//! which must be longer than any attempt can last, are looked at.

use std::{
    collections::HashSet,
    time::{Duration, SystemTime},
};

use futures::{StreamExt, TryStreamExt, stream};
use object_store::{ObjectMeta, ObjectStoreExt, path::Path};

use crate::{ResultRef, Store, StoreError, key::RESULTS};

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

/// An old object of an attempt.
struct Candidate {
    attempt: ResultRef,
    location: Path,
    bytes: u64,
}

impl Sweeper {
    pub fn new(store: Store, grace: Duration) -> Self {
        Self { store, grace }
    }

    /// Goes through all results once. `accepted` answers, of the attempts it is given, those whose results must
    /// stay; when it fails nothing more is deleted and its error is handed back.
    pub async fn sweep<E, F>(&self, mut accepted: F) -> Result<SweepReport, E>
    where
        E: From<StoreError>,
        F: AsyncFnMut(Vec<ResultRef>) -> Result<HashSet<ResultRef>, E>,
    {
        let mut report = SweepReport::default();
        let now = SystemTime::now();
        let old = self
            .store
            .list(RESULTS)?
            .try_filter_map(async |(key, meta)| Ok(self.candidate(&key, meta, now)));
        let mut batches = Box::pin(old.try_chunks(BATCH));
        while let Some(batch) = batches.next().await {
            let batch = batch.map_err(|error| error.1)?;
            let attempts: HashSet<_> = batch.iter().map(|candidate| candidate.attempt).collect();
            let kept = accepted(attempts.into_iter().collect()).await?;
            report.judged += batch.len() as u64;
            let orphans = batch
                .into_iter()
                .filter(|candidate| !kept.contains(&candidate.attempt))
                .collect();
            self.delete(orphans, &mut report).await?;
        }
        Ok(report)
    }

    fn candidate(&self, key: &str, meta: ObjectMeta, now: SystemTime) -> Option<Candidate> {
        let attempt = ResultRef::of_key(key)?;
        let age = now
            .duration_since(meta.last_modified.into())
            .unwrap_or_default();
        (age >= self.grace).then_some(Candidate {
            attempt,
            location: meta.location,
            bytes: meta.size,
        })
    }

    async fn delete(
        &self,
        orphans: Vec<Candidate>,
        report: &mut SweepReport,
    ) -> Result<(), StoreError> {
        let delete =
            async |orphan: Candidate| match self.store.objects.delete(&orphan.location).await {
                // Another sweep was faster.
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(orphan.bytes),
                Err(error) => Err(StoreError::from(error)),
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
