//! XTTS: clips become audio codes, the GPT of the model that was imported learns them, and a voice is what it became with how it speaks.
//!
//! Everything is done on files: a checkpoint of the full model takes 5.3 GB, of which no more than a tensor is copied in memory.

mod bench;
mod corpus;
mod hearing;
mod observing;
mod preparing;
mod recipe;
mod teaching;
mod trainer;
mod voicing;

use std::{num::NonZero, sync::Arc, thread::available_parallelism};

use kiskadee_runner::{Attempt, JobError};
use kiskadee_xtts_trainer::TrainError;

pub(super) use self::hearing::audition;
pub use self::trainer::XttsTrainer;
use super::{
    engine::Broken,
    ledger::{self, Left, Slice},
    measures,
    memory::{self, Short},
    objects, plain, speaking,
    telling::{self, Telling},
};
use crate::{computing::compute_behind, family::Workshop};

/// Nothing of it would be left: whoever is cut off begins it again elsewhere.
pub(super) async fn prepare(
    workshop: &Workshop,
    attempt: &Attempt,
    slice: Slice,
    telling: &Telling,
) -> Result<Left, JobError> {
    let trainer = trainer(workshop, &slice)?;
    let preparing = preparing::run(workshop, attempt, (slice, trainer), telling);
    let left = attempt.cancel.run_until_cancelled(preparing).await;
    left.unwrap_or(Err(JobError::Cancelled))
}

/// Trains for a while, or, of a slice that finishes, makes a voice of the last checkpoint.
pub(super) async fn train(
    workshop: &Workshop,
    attempt: &Attempt,
    slice: &Slice,
    telling: &Telling,
) -> Result<Left, Broken> {
    let trainer = trainer(workshop, slice)?;
    teaching::run(workshop, attempt, (slice, trainer), telling).await
}

/// The model that the run began with. Its lane leads to workers that have it; one that has lost it meanwhile leaves the slice to others.
fn trainer(workshop: &Workshop, slice: &Slice) -> Result<Arc<XttsTrainer>, JobError> {
    let here = workshop.xtts.as_ref();
    let same = here.filter(|here| slice.model.as_ref().is_none_or(|model| *model == here.id));
    same.cloned().ok_or_else(|| {
        JobError::Snooze("the model that the run began with is not on this worker".to_owned())
    })
}

/// Why a slice that trains did not come to its end.
fn broken(error: TrainError) -> Broken {
    match error {
        TrainError::Diverged { step, .. } => Broken::Diverged(step),
        TrainError::NoRoom { needed, free } => Broken::Memory(Short::of(needed, free)),
        TrainError::Compute(ref failed) => match Short::said_by(failed) {
            Some(short) => Broken::Memory(short),
            None => Broken::Job(not_trained(error)),
        },
        other => Broken::Job(not_trained(other)),
    }
}

/// What becomes of a slice when the trainer refuses.
fn not_trained(error: TrainError) -> JobError {
    match error {
        TrainError::Options(_) | TrainError::OtherOptions(_) | TrainError::NothingToLearn => {
            JobError::Reject(error.to_string())
        }
        TrainError::File { ref source, .. } => {
            let why = format!("the worker's scratch directory cannot be used: {source}");
            tracing::error!(%error, "the scratch directory cannot be used");
            JobError::Snooze(why)
        }
        other => JobError::Retry(other.to_string()),
    }
}

/// Work of a network that has enough for all cores, behind what others compute.
async fn compute<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JobError> {
    let cores = available_parallelism().map_or(1, NonZero::get);
    compute_behind(cores, work).await
}
