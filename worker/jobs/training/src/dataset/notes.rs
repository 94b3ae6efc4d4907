//! What earlier attempts of a step have done: a step that was interrupted goes on behind it.

use std::collections::HashMap;

use kiskadee_runner::{Attempt, JobError};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::family::Workshop;

/// The parts of a step that are done, under its job.
pub(super) struct Notes<'a> {
    workshop: &'a Workshop,
    attempt: &'a Attempt,
    done: HashMap<String, Value>,
}

/// An object that a part of a step has stored.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Stored {
    pub(super) key: String,
    pub(super) bytes: u64,
}

impl<'a> Notes<'a> {
    pub(super) async fn read(
        workshop: &'a Workshop,
        attempt: &'a Attempt,
    ) -> Result<Self, JobError> {
        let rows: Vec<(String, Value)> =
            sqlx::query_as("select place, note from training.step_notes($1)")
                .bind(attempt.job)
                .fetch_all(workshop.queue.pool())
                .await
                .map_err(|error| unreachable_database(&error))?;
        Ok(Self {
            workshop,
            attempt,
            done: rows.into_iter().collect(),
        })
    }

    /// What was done of a part, if it was. What another version noted is done again.
    pub(super) fn take<T: DeserializeOwned>(&mut self, place: &str) -> Option<T> {
        serde_json::from_value(self.done.remove(place)?).ok()
    }

    /// Notes a part with what it stored, which is accounted for from here on.
    pub(super) async fn write(
        &self,
        place: &str,
        note: &impl Serialize,
        stored: &[Stored],
    ) -> Result<(), JobError> {
        let holds: bool = sqlx::query_scalar("select training.note_step($1, $2, $3, $4, $5)")
            .bind(self.attempt.job)
            .bind(self.attempt.token)
            .bind(place)
            .bind(json!(note))
            .bind(json!(stored))
            .fetch_one(self.workshop.queue.pool())
            .await
            .map_err(|error| unreachable_database(&error))?;
        // Another attempt has the job: what this one makes is nobody's.
        if holds {
            Ok(())
        } else {
            Err(JobError::Cancelled)
        }
    }
}

fn unreachable_database(error: &sqlx::Error) -> JobError {
    JobError::Snooze(format!("the database cannot be asked: {error}"))
}
