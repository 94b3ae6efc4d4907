//! The engines whose voices can be trained. What a slice is to do is the same for all; how it is done is theirs.

use kiskadee_runner::{Attempt, JobError};
use serde::Deserialize;

use super::{
    kiskadee,
    ledger::{Left, Phase, Slice},
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

impl Engine {
    /// Does what the slice is to do. What a slice that is told to stop has done by then is left as a checkpoint.
    pub(super) async fn work(
        self,
        workshop: &Workshop,
        attempt: &Attempt,
        slice: Slice,
        telling: &Telling,
    ) -> Result<Left, JobError> {
        match (self, slice.phase) {
            (Self::Kiskadee, Phase::Prepare) => {
                kiskadee::prepare(workshop, attempt, slice, telling).await
            }
            (Self::Kiskadee, Phase::Train | Phase::Finish) => {
                kiskadee::train(workshop, attempt, &slice, telling).await
            }
            (Self::Xtts, Phase::Prepare) => xtts::prepare(workshop, attempt, slice, telling).await,
            (Self::Xtts, Phase::Train | Phase::Finish) => {
                xtts::train(workshop, attempt, &slice, telling).await
            }
        }
    }
}
