//! What a job does, free of where it came from: plain functions from a job's arguments to its result.
//!
//! The runner claims jobs, calls [`speak_jobs`] or [`archive_job`], and settles what they answer. Nothing here
//! knows the queue, so a job body can be tested without a database.

mod archive;
mod clone;
mod preview;
mod relay;
mod speech;
mod stream;
mod timestamps;
mod voice;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use kiskadee_shared::job::{CloneArgs, RelayTarget, SpeechArgs, SpeechResult, StreamResult};
use kiskadee_speech::{Engines, SpeechError};
use tokio_util::sync::CancellationToken;
use tracing::Span;
use uuid::Uuid;

pub(crate) use self::preview::keep_preview;
pub use self::{
    archive::archive_job,
    clone::clone_job,
    relay::{RelayClient, RelayError},
    speech::{Answers, speak_jobs},
    voice::Conditionings,
};
pub use crate::archive::ArchiveItem;
use crate::{
    archive::ArchiveError,
    audio::{Decoder, EncodeError, Encoder},
    store::{Store, StoreError},
};

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
    /// Nobody waits for the result any more.
    #[error("the listener has gone")]
    Abandoned,
    /// As `Retry`, and this process must be restarted before it takes other work.
    #[error("{0}")]
    Fatal(String),
}

impl From<SpeechError> for JobError {
    fn from(error: SpeechError) -> Self {
        match error {
            SpeechError::Reject(why) => Self::Reject(why),
            SpeechError::Cancelled => Self::Cancelled,
            SpeechError::Fatal(why) => Self::Fatal(why),
            // A machine that lacks something fails the attempt and not the job: another one may have it. It is
            // counted, so that a fleet in which none has it says so at last.
            other => Self::Retry(other.to_string()),
        }
    }
}

impl From<EncodeError> for JobError {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::Speech(error) => error.into(),
            EncodeError::Scratch(error) => Self::Snooze(format!(
                "the worker's scratch directory cannot be written: {error}"
            )),
            EncodeError::TooLong => Self::Reject(error.to_string()),
            other => Self::Retry(other.to_string()),
        }
    }
}

impl From<StoreError> for JobError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Away(_) => Self::Snooze(error.to_string()),
            other => Self::Retry(other.to_string()),
        }
    }
}

impl From<ArchiveError> for JobError {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Store(error) => error.into(),
            ArchiveError::Cancelled => Self::Cancelled,
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

/// How far an attempt has come, 0..=100; shared with the heartbeat.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<AtomicU8>);

impl Progress {
    pub fn percent(&self) -> u8 {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, share: f64) {
        self.0
            .store((share.clamp(0.0, 1.0) * 100.0) as u8, Ordering::Relaxed);
    }
}

/// A claimed job that speaks.
#[derive(Debug, Clone)]
pub struct SpeechTask {
    pub attempt: Attempt,
    pub args: SpeechArgs,
    /// Who listens; nobody when the audio is to be stored.
    pub listener: Option<RelayTarget>,
}

/// A claimed job that takes a voice from a recording.
#[derive(Debug, Clone)]
pub struct CloneTask {
    pub attempt: Attempt,
    pub args: CloneArgs,
}

/// What a job that speaks has made.
#[derive(Debug, Clone, PartialEq)]
pub enum Spoken {
    Stored(SpeechResult),
    Streamed(StreamResult),
}

/// A claimed archive job with the items of its batch in the order of the request.
#[derive(Debug, Clone)]
pub struct ArchiveTask {
    pub attempt: Attempt,
    pub items: Vec<ArchiveItem>,
}

/// What job bodies work with.
#[derive(Clone)]
pub struct Tools {
    pub engines: Engines,
    pub encoder: Encoder,
    pub store: Store,
    pub relay: RelayClient,
    pub decoder: Decoder,
    /// Where files lie for the time of a job.
    pub scratch: PathBuf,
    pub conditionings: Conditionings,
}
