//! The steps of a dataset: recordings are taken in, cut into segments, and given their words.

use kiskadee_runner::{Job, JobError, Made};

use crate::family::Workshop;

/// The lane of such jobs. They compute for some seconds to some minutes.
pub(crate) const BATCH_KEY: &str = "training:dataset";

pub(crate) async fn make(_workshop: &Workshop, job: &Job) -> Result<Made, JobError> {
    Err(JobError::Retry(format!(
        "no job here is of the kind {}",
        job.kind
    )))
}
