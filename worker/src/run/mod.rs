//! What a job does, free of where it came from: plain functions from a job's arguments to its result.
//!
//! The runner claims jobs, calls these, and settles what they answer. Nothing here knows the queue, so a job
//! body can be tested without a database. The two entry points are [`speak_jobs`] for a claimed batch of
//! speech, and [`archive_job`]:
//!
//! - `fn speak_jobs(tools: Arc<Tools>, tasks: Vec<SpeechTask>) -> impl Stream<Item = (Uuid, Result<SpeechResult, JobError>)> + Send`:
//!   one answer for each task, in the order in which they end;
//! - `async fn archive_job(tools: &Tools, task: ArchiveTask) -> Result<ArchiveResult, JobError>`.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use kiskadee_shared::{job::SpeechArgs, state::JobState};
use kiskadee_speech::Engines;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

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
    /// As `Retry`, and this process must be restarted before it takes other work.
    #[error("{0}")]
    Fatal(String),
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
}

/// How far an attempt has come, 0..=100; shared with the heartbeat.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<AtomicU8>);

impl Progress {
    pub fn percent(&self) -> u8 {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, share: f64) {
        self.0.store((share.clamp(0.0, 1.0) * 100.0) as u8, Ordering::Relaxed);
    }
}

/// A claimed speech job.
#[derive(Debug, Clone)]
pub struct SpeechTask {
    pub attempt: Attempt,
    pub args: SpeechArgs,
}

/// A claimed archive job with the items of its batch in the order of the request.
#[derive(Debug, Clone)]
pub struct ArchiveTask {
    pub attempt: Attempt,
    pub items: Vec<ArchiveItem>,
}

/// One job of the batch that is to be packed.
#[derive(Debug, Clone)]
pub struct ArchiveItem {
    pub job: Uuid,
    pub state: JobState,
    /// The accepted audio; none for an item that did not complete.
    pub key: Option<String>,
    pub bytes: Option<u64>,
    pub duration_seconds: Option<f64>,
    /// Why the item did not complete, in words for its owner.
    pub error: Option<String>,
}

/// What job bodies work with.
#[derive(Clone)]
pub struct Tools {
    pub engines: Engines,
    pub encoder: Encoder,
    pub store: Store,
}
