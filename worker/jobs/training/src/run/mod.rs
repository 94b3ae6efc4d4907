//! The slices of a run, and what is made of its checkpoints.

use kiskadee_runner::{Job, JobError, Made};

use crate::family::Workshop;

/// The lane of slices. Each computes for a minute or more.
pub(crate) const BATCH_KEY: &str = "training:slice";
/// The lane of speech by a checkpoint, for which somebody waits.
pub(crate) const SPEECH_BATCH_KEY: &str = "training:speech";

pub(crate) async fn make(_workshop: &Workshop, job: &Job) -> Result<Made, JobError> {
    Err(JobError::Retry(format!(
        "no job here is of the kind {}",
        job.kind
    )))
}
