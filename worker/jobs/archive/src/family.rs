//! Archives as a family of jobs.

use std::sync::Arc;

use futures::{
    FutureExt as _, StreamExt,
    stream::{self, FuturesUnordered},
};
use kiskadee_queue::{BatchItem, Error as QueueError, Queue};
use kiskadee_runner::{Answers, Attempt, Family, Job, JobError, Lane, Made, PoolName, chain};
use kiskadee_shared::state::JobState;
use kiskadee_storage::{ResultRef, Store};
use serde::Deserialize;
use serde_json::json;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::{
    args::{ArchiveArgs, ArchiveResult, BATCH_KEY},
    pack::{ArchiveItem, CONTENT_TYPE, pack},
};

/// Packs finished batches, from storage to storage.
#[derive(Debug, Clone)]
pub struct Archive {
    queue: Queue,
    store: Store,
}

/// What an archive must know of an item's result, whatever kind of job made it.
#[derive(Debug, Deserialize)]
struct ItemResult {
    key: String,
    duration_seconds: Option<f64>,
}

impl Archive {
    pub fn new(queue: Queue, store: Store) -> Self {
        Self { queue, store }
    }

    async fn make(&self, job: &Job) -> Result<Made, JobError> {
        let ArchiveArgs { batch_id } = job.read_args()?;
        let items = self.items(batch_id).await?;
        let packed = self.pack(&job.attempt, &items).await?;
        Made::new(&packed, Some(packed.key.clone()))
    }

    async fn items(&self, batch: Uuid) -> Result<Vec<ArchiveItem>, JobError> {
        let items = self.queue.batch_items(batch).await;
        let items = items.map_err(|error| match error {
            QueueError::Retry(_) => JobError::Snooze(chain(&error)),
            _ => JobError::Retry(chain(&error)),
        })?;
        Ok(items.into_iter().map(archive_item).collect())
    }

    async fn pack(
        &self,
        attempt: &Attempt,
        items: &[ArchiveItem],
    ) -> Result<ArchiveResult, JobError> {
        let key = ResultRef {
            job: attempt.job,
            token: attempt.token,
        }
        .key("archive.zip");
        let progress = |packed: usize| {
            attempt.progress.set(packed as f64 / items.len() as f64);
            attempt
                .progress
                .tell(json!({"packed": packed, "of": items.len()}));
        };
        attempt.progress.enter("packing");
        let bytes = pack(&self.store, items, &key, &attempt.cancel, progress).await?;
        Ok(ArchiveResult {
            key,
            content_type: CONTENT_TYPE.to_owned(),
            bytes,
        })
    }
}

impl Family for Archive {
    fn name(&self) -> &'static str {
        "archive"
    }

    fn lanes(&self) -> Vec<Lane> {
        vec![Lane {
            batch_key: BATCH_KEY.to_owned(),
            pool: PoolName::Cpu,
        }]
    }

    fn run(&self, jobs: Vec<Job>) -> Answers {
        let archive = Arc::new(self.clone());
        let packing = jobs.into_iter().map(|job| {
            let (archive, id) = (Arc::clone(&archive), job.attempt.job);
            let span = job.attempt.span.clone();
            async move { archive.make(&job).await }
                .map(move |made| (id, made))
                .instrument(span)
        });
        stream::iter([packing.collect::<FuturesUnordered<_>>()])
            .flatten()
            .boxed()
    }
}

fn archive_item(item: BatchItem) -> ArchiveItem {
    let result = item.result.map(ItemResult::deserialize);
    let result = result.and_then(Result::ok);
    ArchiveItem {
        job: item.job_id,
        state: item
            .state
            .and_then(|state| state.parse().ok())
            .unwrap_or(JobState::Queued),
        key: result.as_ref().map(|result| result.key.clone()),
        duration_seconds: result.and_then(|result| result.duration_seconds),
        error: item.error,
    }
}
