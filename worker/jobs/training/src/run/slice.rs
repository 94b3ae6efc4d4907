//! One slice of a run: what it is at is asked of the run, and what it leaves is told to it.

use kiskadee_runner::{Job, JobError, Made};

use super::{
    ledger::{self, Left, Phase},
    preparing, teaching,
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
    let phase = slice.phase;
    let working = Box::pin(async {
        match phase {
            // Nothing of it would be left: it is begun again elsewhere.
            Phase::Prepare => {
                let preparing = preparing::run(workshop, attempt, slice, &telling);
                let left = attempt.cancel.run_until_cancelled(preparing).await;
                left.unwrap_or(Err(JobError::Cancelled))
            }
            Phase::Train | Phase::Finish => {
                teaching::run(workshop, attempt, &slice, &telling).await
            }
        }
    });
    let left = telling.during(&workshop.queue, attempt, working).await?;
    let key = left.checkpoint.as_ref().and_then(|kept| kept.key.clone());
    Made::new(&left, key)
}
