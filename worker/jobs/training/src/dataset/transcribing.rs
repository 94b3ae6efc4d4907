//! Words by a recogniser: segment by segment, kept as they come, so that whoever goes on with the job hears only what is left.

mod hearing;
mod language;

use std::time::{Duration, Instant};

use kiskadee_runner::{Attempt, Job, JobError, Made};
use serde::Deserialize;
use uuid::Uuid;

use self::hearing::Hearing;
use super::{args::WordsArgs, heard, import::told, words};
use crate::family::Workshop;

/// Others may come in between after so long.
const TURN: Duration = Duration::from_mins(1);
/// Segments that are asked for at a time.
const AT_ONCE: usize = 32;

#[derive(Debug, Deserialize)]
struct HearArgs {
    dataset_id: Uuid,
    /// Of the dataset.
    language: String,
    recogniser: String,
    hear: Wanted,
}

/// What is to be heard, as the database understands it; it is given back with each question.
#[derive(Debug, Clone, Deserialize, serde::Serialize)]
pub(super) struct Wanted {
    source: String,
    #[serde(default)]
    all: bool,
    #[serde(default)]
    overwrite: bool,
    /// What is spoken, whatever it sounds like.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
}

/// Whether the words of a job are to be heard.
pub(super) fn is_heard(job: &Job) -> bool {
    job.args.get("hear").is_some()
}

pub(super) async fn transcribe(workshop: &Workshop, job: &Job) -> Result<Made, JobError> {
    let args: HearArgs = job.read_args()?;
    let attempt = &job.attempt;
    attempt.progress.enter("transcribing");
    Box::pin(hear(workshop, attempt, &args)).await?;
    attempt.progress.enter("judging");
    let facts = heard::facts(&workshop.queue, attempt, &args.hear);
    let facts = Box::pin(attempt.cancel.run_until_cancelled(facts)).await;
    let segments = facts.unwrap_or(Err(JobError::Cancelled))?;
    let args = WordsArgs {
        language: args.language,
        segments,
    };
    words::transcribe(attempt, args).await
}

async fn hear(workshop: &Workshop, attempt: &Attempt, args: &HearArgs) -> Result<(), JobError> {
    let mut begun: Option<Hearing<'_>> = None;
    let until = Instant::now() + TURN;
    loop {
        let next = heard::next(&workshop.queue, attempt, &args.hear, AT_ONCE).await?;
        told(attempt, next.done, next.of);
        if next.segments.is_empty() {
            return Ok(());
        }
        if Instant::now() >= until {
            return Err(JobError::Yielded);
        }
        let hearing = match begun.take() {
            Some(hearing) => hearing,
            None => Hearing::begin(workshop, attempt, args).await?,
        };
        Box::pin(begun.insert(hearing).all(next, until)).await?;
    }
}
