//! The steps of a dataset: recordings are taken in, cut into segments, and given their words.

mod address;
mod archive;
mod args;
mod cut;
mod download;
mod export;
mod heard;
mod import;
mod notes;
mod parts;
mod recording;
mod segment;
mod transcribing;
mod words;

use kiskadee_runner::{Job, JobError, Made};

use crate::{computing::compute_behind, family::Workshop};

/// The lane of such jobs. They compute for some seconds to some minutes.
pub(crate) const BATCH_KEY: &str = "training:dataset";

/// The lane of those that fetch from addresses. They wait for others.
pub(crate) const DOWNLOAD_BATCH_KEY: &str = "training:download";
/// The lane of words that a recogniser hears: for minutes to hours, in turns of a minute.
pub(crate) fn hearing_batch_key(recogniser: &str) -> String {
    format!("training:hear:{recogniser}")
}

/// What a list in a summary has at most: the first tell what is wrong.
const MOST_TOLD: usize = 100;

pub(crate) async fn make(workshop: &Workshop, job: &Job) -> Result<Made, JobError> {
    if transcribing::is_heard(job) {
        // It keeps what it has when it is cancelled.
        return Box::pin(transcribing::transcribe(workshop, job)).await;
    }
    let cancel = job.attempt.cancel.clone();
    let made = cancel.run_until_cancelled(Box::pin(step(workshop, job)));
    made.await.unwrap_or(Err(JobError::Cancelled))
}

async fn step(workshop: &Workshop, job: &Job) -> Result<Made, JobError> {
    match job.kind.as_str() {
        "dataset_import" => import::import(workshop, &job.attempt, job.read_args()?).await,
        "dataset_download" => download::download(workshop, &job.attempt, job.read_args()?).await,
        "dataset_fetch" => import::import_from(workshop, &job.attempt, job.read_args()?).await,
        "dataset_segment" => segment::segment(workshop, &job.attempt, job.read_args()?).await,
        "dataset_transcribe" => words::transcribe(&job.attempt, job.read_args()?).await,
        "dataset_export" => export::export(workshop, &job.attempt, job.read_args()?).await,
        kind => Err(JobError::Retry(format!(
            "no job here is of the kind {kind}"
        ))),
    }
}

/// Runs what computes without leave.
async fn computed<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, JobError> + Send + 'static,
) -> Result<T, JobError> {
    compute_behind(1, work).await?
}
