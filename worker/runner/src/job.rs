//! A job as its family sees it: what it asks for, under which attempt it runs, and how it can end.

use kiskadee_storage::StoreError;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tracing::Span;
use uuid::Uuid;

use crate::progress::Progress;

/// Why a job has no result, by what the runner is to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// Try again, and count the attempt.
    #[error("{0}")]
    Retry(String),
    /// Something that the job stands on is away; try again later without counting the attempt.
    #[error("{0}")]
    Snooze(String),
    /// The job can never succeed. The text is meant for its owner.
    #[error("{0}")]
    Reject(String),
    /// The job's cancellation token fired.
    #[error("the job was cancelled")]
    Cancelled,
    /// What was done so far is kept, and the rest is for another turn: others may come in between. Not counted.
    #[error("the job goes on at its next turn")]
    Yielded,
    /// Nobody waits for the result any more.
    #[error("the listener has gone")]
    Abandoned,
    /// As `Retry`, and this process must be restarted before it takes other work.
    #[error("{0}")]
    Fatal(String),
}

impl From<StoreError> for JobError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Away(_) => Self::Snooze(error.to_string()),
            other => Self::Retry(other.to_string()),
        }
    }
}

/// One run of one job, as the claim gave it.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub job: Uuid,
    /// The fencing token: results lie under it, so an attempt that has been overtaken harms nothing.
    pub token: i64,
    /// Fires when the job is cancelled or its lease is lost.
    pub cancel: CancellationToken,
    pub progress: Progress,
    /// Its log lines and its part of the trace.
    pub span: Span,
}

/// A claimed job on its way to its body.
#[derive(Debug, Clone)]
pub struct Job {
    pub kind: String,
    pub args: Value,
    pub attempt: Attempt,
}

impl Job {
    /// What the job asks for. A worker of another version may know more, so a failure is counted and tried elsewhere.
    pub fn read_args<T: DeserializeOwned>(&self) -> Result<T, JobError> {
        T::deserialize(&self.args)
            .map_err(|error| JobError::Retry(format!("the arguments cannot be read: {error}")))
    }
}

/// What a job has made.
#[derive(Debug, Clone)]
pub struct Made {
    pub result: Value,
    /// What was stored, if anything was; deleted when another attempt is accepted in this one's place.
    pub key: Option<String>,
}

impl Made {
    pub fn new(result: &impl Serialize, key: Option<String>) -> Result<Self, JobError> {
        let result = serde_json::to_value(result)
            .map_err(|error| JobError::Retry(format!("the result cannot be written: {error}")))?;
        Ok(Self { result, key })
    }
}
