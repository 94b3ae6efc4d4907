//! What is to be heard, and what was: functions of the schema `training`, under the lease of the attempt.

use kiskadee_queue::Queue;
use kiskadee_runner::{Attempt, JobError};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{args::Spoken, transcribing::Wanted};

/// What comes next.
#[derive(Debug, Deserialize)]
pub(super) struct Next {
    /// Heard by this job, in earlier turns too.
    pub(super) done: usize,
    pub(super) of: usize,
    pub(super) segments: Vec<Unheard>,
}

/// A segment that is to be heard. Those of a recording follow each other.
#[derive(Debug, Deserialize)]
pub(super) struct Unheard {
    pub(super) segment_id: Uuid,
    pub(super) file_id: Uuid,
    pub(super) key: String,
    /// The words that it has.
    pub(super) text: Option<String>,
    /// What this job heard in another segment of the recording.
    pub(super) file_heard: Option<Heard>,
}

/// What a recogniser told beside words.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Heard {
    pub(super) model: Option<String>,
    /// A code; empty where nothing could be heard.
    #[serde(default)]
    pub(super) language: String,
    /// It is not the dataset's.
    #[serde(default)]
    pub(super) odd: bool,
    /// Of the language, where it was detected.
    pub(super) probability: Option<f32>,
    /// Whether the segment's words are others than before.
    #[serde(default)]
    pub(super) changed: bool,
    /// Whose work it was.
    #[serde(skip_serializing)]
    pub(super) job: Option<Uuid>,
}

/// A segment that was heard.
#[derive(Debug, Serialize)]
pub(super) struct HeardSegment {
    pub(super) segment_id: Uuid,
    /// The words that it had: what somebody wrote since stays.
    pub(super) was: Option<String>,
    /// None where nothing was heard.
    pub(super) text: Option<String>,
    pub(super) heard: Heard,
}

pub(super) async fn next(
    queue: &Queue,
    attempt: &Attempt,
    wanted: &Wanted,
    most: usize,
) -> Result<Next, JobError> {
    let query = sqlx::query_as::<_, (Option<Value>,)>("select training.hear_next($1, $2, $3, $4)")
        .bind(attempt.job)
        .bind(attempt.token)
        .bind(json!(wanted))
        .bind(i32::try_from(most).unwrap_or(i32::MAX));
    answer(queue.rows(query).await)
}

/// All segments with the words that they are to have.
pub(super) async fn facts(
    queue: &Queue,
    attempt: &Attempt,
    wanted: &Wanted,
) -> Result<Vec<Spoken>, JobError> {
    let query = sqlx::query_as::<_, (Option<Value>,)>("select training.heard_facts($1, $2, $3)")
        .bind(attempt.job)
        .bind(attempt.token)
        .bind(json!(wanted));
    answer(queue.rows(query).await)
}

pub(super) async fn note(
    queue: &Queue,
    attempt: &Attempt,
    heard: &[HeardSegment],
) -> Result<(), JobError> {
    let query = sqlx::query_as::<_, (bool,)>("select training.note_heard($1, $2, $3)")
        .bind(attempt.job)
        .bind(attempt.token)
        .bind(json!(heard));
    let rows = queue.rows(query).await.map_err(|error| away(&error))?;
    match rows.first() {
        Some((true,)) => Ok(()),
        // The job is another's by now.
        _ => Err(JobError::Cancelled),
    }
}

/// None is answered to who has lost the job.
fn answer<T: DeserializeOwned>(
    rows: kiskadee_queue::Result<Vec<(Option<Value>,)>>,
) -> Result<T, JobError> {
    let rows = rows.map_err(|error| away(&error))?;
    let Some((Some(told),)) = rows.into_iter().next() else {
        return Err(JobError::Cancelled);
    };
    serde_json::from_value(told)
        .map_err(|error| JobError::Retry(format!("the dataset cannot be read: {error}")))
}

fn away(error: &kiskadee_queue::Error) -> JobError {
    JobError::Snooze(format!("the database cannot be reached: {error}"))
}
