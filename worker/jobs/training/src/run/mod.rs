//! The slices of a run, and what is made of its checkpoints.

mod comparison;
mod engine;
mod kiskadee;
mod ledger;
mod likeness;
mod load;
mod measures;
mod memory;
mod objects;
mod rates;
mod slice;
mod speaking;
mod telling;
mod word_errors;
mod xtts;

use kiskadee_runner::{Job, JobError, Made};

pub use self::xtts::XttsTrainer;
use crate::{computing::compute_behind, family::Workshop};

/// The lane of slices. Each computes for a minute or more.
pub(crate) const BATCH_KEY: &str = "training:slice";
/// The lane of what is made of a checkpoint, for which somebody waits.
pub(crate) const SPEECH_BATCH_KEY: &str = "training:speech";
/// The same, where it takes the engine xtts to speak.
pub(crate) const XTTS_SPEECH_BATCH_KEY: &str = "training:speech:xtts";

pub(crate) async fn make(workshop: &Workshop, job: &Job) -> Result<Made, JobError> {
    match job.kind.as_str() {
        "training" => slice::run(workshop, job).await,
        "training_load" => load::run(workshop, job).await,
        "comparison" => comparison::run(workshop, job).await,
        other => Err(JobError::Retry(format!(
            "no job here is of the kind {other}"
        ))),
    }
}

/// Work of the embedded engine: its networks are so small that a second thread costs more than it brings.
async fn compute<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JobError> {
    compute_behind(1, work).await
}

/// A figure as people write it: what a value of 32 bits holds beyond its digits is noise.
fn plain(value: f32) -> f64 {
    value.to_string().parse().unwrap_or_default()
}
