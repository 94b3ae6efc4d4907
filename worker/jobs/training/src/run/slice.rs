//! One slice of a run: what it is at is asked of the run, and what it leaves is told to it.

use kiskadee_runner::{Job, JobError, Made};

use super::{
    ledger::{self, Left, Phase},
    telling::Telling,
};
use crate::family::Workshop;

pub(super) async fn run(workshop: &Workshop, job: &Job) -> Result<Made, JobError> {
    let attempt = &job.attempt;
    let Some(slice) = ledger::begin(&workshop.queue, attempt).await? else {
        return Err(JobError::Reject("the run has been deleted".to_owned()));
    };
    let telling = Telling::default();
    if slice.stopping && slice.phase != Phase::Finish {
        return Made::new(&Left::default(), None);
    }
    let working = Box::pin(slice.engine.work(workshop, attempt, slice, &telling));
    let left = telling.during(&workshop.queue, attempt, working).await?;
    let key = left.checkpoint.as_ref().and_then(|kept| kept.key.clone());
    Made::new(&left, key)
}
