//! The engines whose voices can be trained. What a slice is to do is the same for all; how it is done is theirs.

use kiskadee_runner::{Attempt, JobError};
use serde::Deserialize;

use super::{
    kiskadee,
    ledger::{self, Diverged, Left, Phase, Slice},
    memory::Short,
    telling::Telling,
    xtts,
};
use crate::family::Workshop;

/// Whose weights a run moves, as `training.run` has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Engine {
    /// The embedded one.
    #[default]
    Kiskadee,
    Xtts,
}

/// Why a slice did not come to its end.
#[derive(Debug)]
pub(super) enum Broken {
    Job(JobError),
    /// The loss of that step was no number.
    Diverged(u64),
    /// It cannot have the memory that it needs.
    Memory(Short),
}

impl From<JobError> for Broken {
    fn from(error: JobError) -> Self {
        Self::Job(error)
    }
}

impl Engine {
    /// Does what the slice is to do. What a slice that is told to stop has done by then is left as a checkpoint.
    pub(super) async fn work(
        self,
        workshop: &Workshop,
        attempt: &Attempt,
        slice: Slice,
        telling: &Telling,
    ) -> Result<Left, JobError> {
        match self.try_to(workshop, attempt, slice, telling).await {
            Ok(left) => Ok(left),
            Err(Broken::Job(error)) => Err(error),
            // What follows is for the run to say.
            Err(Broken::Diverged(step)) => Ok(Left {
                diverged: Some(Diverged { step }),
                ..Left::default()
            }),
            Err(Broken::Memory(short)) => {
                if short.others && ledger::may_wait_for_memory(&workshop.queue, attempt).await? {
                    return Err(waiting(&short));
                }
                Ok(Left {
                    out_of_memory: Some(short),
                    ..Left::default()
                })
            }
        }
    }

    async fn try_to(
        self,
        workshop: &Workshop,
        attempt: &Attempt,
        slice: Slice,
        telling: &Telling,
    ) -> Result<Left, Broken> {
        match (self, slice.phase) {
            (Self::Kiskadee, Phase::Prepare) => {
                let prepared = kiskadee::prepare(workshop, attempt, slice, telling).await;
                Ok(prepared?)
            }
            (Self::Kiskadee, Phase::Train | Phase::Finish) => {
                kiskadee::train(workshop, attempt, &slice, telling).await
            }
            (Self::Xtts, Phase::Prepare) => {
                Ok(xtts::prepare(workshop, attempt, slice, telling).await?)
            }
            (Self::Xtts, Phase::Train | Phase::Finish) => {
                xtts::train(workshop, attempt, &slice, telling).await
            }
        }
    }
}

/// Others hold what a step needs. The words are the same at each try but for their figures.
fn waiting(short: &Short) -> JobError {
    let gigabytes = |bytes: Option<u64>| bytes.unwrap_or_default() as f64 / 1e9;
    JobError::Snooze(format!(
        "a step needs {:.1} GB of memory and {:.1} GB are free: waiting for what others hold, for {} min at most",
        gigabytes(short.needed_bytes),
        gigabytes(short.free_bytes),
        ledger::MEMORY_PATIENCE.as_secs() / 60
    ))
}
