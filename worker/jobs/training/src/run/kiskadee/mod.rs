//! The embedded voice: clips are analysed and aligned, the shipped weights moved, and a file of weights is the voice that comes of it.

mod corpus;
mod judging;
mod preparing;
mod recipe;
mod teaching;

use kiskadee_runner::{Attempt, JobError};
use kiskadee_trainer::TrainError;

use super::{
    compute,
    engine::Broken,
    ledger::{self, Left, Slice},
    memory::{self, Short},
    objects, plain, speaking,
    telling::{self, Telling},
};
use crate::family::Workshop;

/// Nothing of it would be left: whoever is cut off begins it again elsewhere.
pub(super) async fn prepare(
    workshop: &Workshop,
    attempt: &Attempt,
    slice: Slice,
    telling: &Telling,
) -> Result<Left, JobError> {
    let preparing = preparing::run(workshop, attempt, slice, telling);
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
    teaching::run(workshop, attempt, slice, telling).await
}

/// Why a slice that trains did not come to its end.
fn broken(error: TrainError) -> Broken {
    match error {
        TrainError::Diverged(step) => Broken::Diverged(step),
        TrainError::Memory { needed, free } => Broken::Memory(Short::of(needed, free)),
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
        TrainError::TooLittleSpeech { .. }
        | TrainError::Options(_)
        | TrainError::OtherOptions(_) => JobError::Reject(error.to_string()),
        TrainError::File { ref source, .. } => {
            let why = format!("the worker's scratch directory cannot be used: {source}");
            tracing::error!(%error, "the scratch directory cannot be used");
            JobError::Snooze(why)
        }
        other => JobError::Retry(other.to_string()),
    }
}
