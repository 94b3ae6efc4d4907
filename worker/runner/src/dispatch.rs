//! From claimed jobs to the families that know their lanes, as one stream of answers for each batch.

use std::sync::Arc;

use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use uuid::Uuid;

use crate::{
    Family,
    claimed_job::ClaimedJob,
    job::{Job, JobError, Made},
    shared::Shared,
};

pub(crate) type Answer = (Uuid, Result<Made, JobError>);

type JobsByFamily = Vec<(Arc<dyn Family>, Vec<Job>)>;

/// Runs a batch; one answer for each job, in the order in which they end. Must be called within a runtime.
pub(crate) fn answers(shared: &Shared, batch: &[ClaimedJob]) -> BoxStream<'static, Answer> {
    let (known, unknown) = by_family(batch);
    let refused = unknown.into_iter().map(|claimed| refuse(shared, claimed));
    let refused = stream::iter(refused.collect::<Vec<_>>()).boxed();
    // Begun in the task that reads the stream, so that a family which panics at once does so there.
    let run = |(family, jobs): (Arc<dyn Family>, Vec<Job>)| {
        stream::once(async move { family.run(jobs) })
            .flatten()
            .boxed()
    };
    stream::select_all(known.into_iter().map(run).chain([refused])).boxed()
}

/// A claim gives jobs of one lane, but nothing here depends on it.
fn by_family(batch: &[ClaimedJob]) -> (JobsByFamily, Vec<&ClaimedJob>) {
    let mut known = JobsByFamily::new();
    let mut unknown = Vec::new();
    for claimed in batch {
        let Some(family) = claimed.pool.family(&claimed.job.batch_key) else {
            unknown.push(claimed);
            continue;
        };
        match known.iter_mut().find(|(of, _)| Arc::ptr_eq(of, family)) {
            Some((_, jobs)) => jobs.push(claimed.job()),
            None => known.push((Arc::clone(family), vec![claimed.job()])),
        }
    }
    (known, unknown)
}

/// Another worker may know it; that this one does not is counted, so that a fleet in which none does says so at last.
fn refuse(shared: &Shared, claimed: &ClaimedJob) -> Answer {
    shared.metrics.unknown_kinds.add(1);
    let why = format!(
        "this worker knows no jobs of the kind `{}`",
        claimed.job.kind
    );
    (claimed.job.job_id, Err(JobError::Retry(why)))
}
