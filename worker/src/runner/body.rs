//! The bodies of jobs: from claimed rows to what `run` does, as one stream of answers for each batch.

use std::sync::Arc;

use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use kiskadee_queue::{BatchItem, Error as QueueError};
use kiskadee_shared::{
    job::{ArchiveArgs, ArchiveResult, CloneArgs, JobKind, SpeechArgs, SpeechResult, StreamArgs},
    state::JobState,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use tracing::Instrument as _;
use uuid::Uuid;

use super::{
    attempt::{InHand, Made},
    report,
    shared::Shared,
};
use crate::run::{
    ArchiveItem, ArchiveTask, Attempt, CloneTask, JobError, SpeechTask, Spoken, archive_job,
    clone_job, speak_jobs,
};

pub(crate) type Answer = (Uuid, Result<Made, JobError>);

/// Runs a batch; one answer for each job, in the order in which they end. Must be called within a runtime.
pub(crate) fn answers(shared: &Arc<Shared>, batch: &[InHand]) -> BoxStream<'static, Answer> {
    let mut speech = Vec::new();
    let mut others: Vec<BoxStream<'static, Answer>> = Vec::new();
    for hand in batch {
        match hand.job.kind.parse::<JobKind>() {
            Ok(kind @ (JobKind::Speech | JobKind::Stream)) => match speech_task(hand, kind) {
                Ok(task) => speech.push(task),
                Err(error) => others.push(refused(hand, error)),
            },
            Ok(JobKind::Archive) => others.push(archive(shared, hand)),
            Ok(JobKind::Clone) => others.push(clone_voice(shared, hand)),
            Err(error) => others.push(refused(hand, JobError::Retry(error.to_string()))),
        }
    }
    if !speech.is_empty() {
        let tools = Arc::clone(&shared.tools);
        // Begun in the task that reads the stream, so that an engine which panics at once does so there.
        let spoken = stream::once(async move { speak_jobs(tools, speech) }).flatten();
        let made =
            |(job, answer): (Uuid, Result<Spoken, JobError>)| (job, answer.and_then(spoken_made));
        others.push(spoken.map(made).boxed());
    }
    stream::select_all(others).boxed()
}

fn speech_task(hand: &InHand, kind: JobKind) -> Result<SpeechTask, JobError> {
    let (args, listener) = if kind == JobKind::Stream {
        let StreamArgs { speech, relay } = parse(&hand.job.args)?;
        (speech, Some(relay))
    } else {
        (parse::<SpeechArgs>(&hand.job.args)?, None)
    };
    Ok(SpeechTask {
        attempt: hand.attempt(),
        args,
        listener,
    })
}

fn refused(hand: &InHand, error: JobError) -> BoxStream<'static, Answer> {
    stream::iter([(hand.job.job_id, Err(error))]).boxed()
}

/// A worker of another version may know more, so this is counted and tried again elsewhere.
fn parse<T: DeserializeOwned>(args: &Value) -> Result<T, JobError> {
    T::deserialize(args)
        .map_err(|error| JobError::Retry(format!("the arguments cannot be read: {error}")))
}

fn archive(shared: &Arc<Shared>, hand: &InHand) -> BoxStream<'static, Answer> {
    let (shared, job) = (Arc::clone(shared), hand.job.job_id);
    let (attempt, args) = (hand.attempt(), parse::<ArchiveArgs>(&hand.job.args));
    let packing = async move { (job, pack(&shared, attempt, args).await) };
    stream::once(packing.instrument(hand.span.clone())).boxed()
}

fn clone_voice(shared: &Arc<Shared>, hand: &InHand) -> BoxStream<'static, Answer> {
    let (shared, job) = (Arc::clone(shared), hand.job.job_id);
    let (attempt, args) = (hand.attempt(), parse::<CloneArgs>(&hand.job.args));
    let making = async move {
        let made = async {
            let made = clone_job(
                &shared.tools,
                CloneTask {
                    attempt,
                    args: args?,
                },
            )
            .await?;
            Ok(Made {
                result: json(&made)?,
                key: Some(made.conditioning_key),
                bytes: 0,
                engine: None,
            })
        };
        (job, made.await)
    };
    stream::once(making.instrument(hand.span.clone())).boxed()
}

async fn pack(
    shared: &Shared,
    attempt: Attempt,
    args: Result<ArchiveArgs, JobError>,
) -> Result<Made, JobError> {
    let items = shared
        .queue
        .batch_items(args?.batch_id)
        .await
        .map_err(|error| match error {
            QueueError::Retry(_) => JobError::Snooze(report::chain(&error)),
            _ => JobError::Retry(report::chain(&error)),
        })?;
    let items = items.into_iter().map(archive_item).collect();
    let packed = archive_job(&shared.tools, ArchiveTask { attempt, items }).await?;
    let ArchiveResult { key, bytes, .. } = packed.clone();
    Ok(Made {
        result: json(&packed)?,
        key: Some(key),
        bytes,
        engine: None,
    })
}

fn archive_item(item: BatchItem) -> ArchiveItem {
    let result: Option<SpeechResult> = item
        .result
        .and_then(|result| serde_json::from_value(result).ok());
    ArchiveItem {
        job: item.job_id,
        state: item
            .state
            .and_then(|state| state.parse().ok())
            .unwrap_or(JobState::Queued),
        key: result.as_ref().map(|result| result.key.clone()),
        duration_seconds: result.map(|result| result.duration_seconds),
        error: item.error,
    }
}

fn spoken_made(spoken: Spoken) -> Result<Made, JobError> {
    Ok(match spoken {
        Spoken::Stored(result) => Made {
            result: json(&result)?,
            key: Some(result.key),
            bytes: result.bytes,
            engine: Some(result.engine),
        },
        Spoken::Streamed(result) => Made {
            result: json(&result)?,
            key: None,
            bytes: result.bytes,
            engine: Some(result.engine),
        },
    })
}

fn json(result: &impl Serialize) -> Result<Value, JobError> {
    serde_json::to_value(result)
        .map_err(|error| JobError::Retry(format!("the result cannot be written: {error}")))
}
