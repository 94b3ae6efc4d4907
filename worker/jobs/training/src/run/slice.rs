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
    let left = telling.during(&workshop.queue, attempt, working).await;
    let left = left.map_err(waiting_for_room);
    if let Err(JobError::Snooze(why) | JobError::Retry(why)) = &left {
        ledger::put_off(&workshop.queue, attempt, &plain_reason(why)).await;
    }
    let left = left?;
    let key = left.checkpoint.as_ref().and_then(|kept| kept.key.clone());
    Made::new(&left, key)
}

/// A disk that is full is nobody's fault here, whoever comes upon it: there will be room again.
fn waiting_for_room(error: JobError) -> JobError {
    // No space on the device, above a quota, and above what a file may have.
    const FULL: [&str; 3] = ["(os error 28)", "(os error 122)", "(os error 27)"];
    match error {
        JobError::Retry(why) if FULL.iter().any(|full| why.contains(full)) => JobError::Snooze(why),
        other => other,
    }
}

/// What is told to whoever owns the run: of what the system said, where that is a place on this machine, only its last words.
fn plain_reason(why: &str) -> String {
    let (first, last) = (why.split(": ").next(), why.rsplit(": ").next());
    match (first, last) {
        (Some(first), Some(last)) if first != last && last.contains("(os error ") => {
            let what = if first.starts_with('/') {
                "a file of the worker cannot be used"
            } else {
                first
            };
            format!("{what}: {last}")
        }
        _ => why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_place_on_the_machine_is_told() {
        let full = "object storage is away: Generic LocalFileSystem error: Unable to copy data to file /srv/a: No space left on device (os error 28)";
        assert_eq!(
            plain_reason(full),
            "object storage is away: No space left on device (os error 28)"
        );
        let file = "/srv/scratch/tuned: File too large (os error 27)";
        assert_eq!(
            plain_reason(file),
            "a file of the worker cannot be used: File too large (os error 27)"
        );
        let other = "the trainer left no checkpoint";
        assert_eq!(plain_reason(other), other);
    }

    #[test]
    fn a_full_disk_is_waited_for() {
        let of = |why: &str| waiting_for_room(JobError::Retry(why.to_owned()));
        let full = "/a/tuned: No space left on device (os error 28)";
        assert!(matches!(of(full), JobError::Snooze(why) if why == full));
        assert!(matches!(of("broken"), JobError::Retry(_)));
    }
}
