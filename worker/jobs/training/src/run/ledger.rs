//! What a slice reads of its run, what it leaves, and how it reports: functions of the schema `training`, under the lease of the attempt.

use std::time::Duration;

use kiskadee_queue::Queue;
use kiskadee_runner::{Attempt, JobError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{engine::Engine, memory::Short};

/// For so long a run waits for memory that others hold; then it goes on with less.
pub(super) const MEMORY_PATIENCE: Duration = Duration::from_mins(10);

/// What a slice is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Phase {
    /// Analyse and align the clips.
    Prepare,
    /// Train for a while.
    Train,
    /// Make a voice of the last checkpoint.
    Finish,
}

/// A slice as its run has it.
#[derive(Debug, Deserialize)]
pub(super) struct Slice {
    pub(super) run_id: Uuid,
    pub(super) engine: Engine,
    pub(super) language: String,
    pub(super) phase: Phase,
    /// Weights that the run begins with instead of the engine's own.
    pub(super) base_key: Option<String>,
    /// What tells the model that the run began with from all others, of an engine whose models are imported.
    pub(super) model: Option<String>,
    pub(super) recipe: Asked,
    /// Known once it was prepared.
    pub(super) plan: Option<Plan>,
    pub(super) corpus_key: Option<String>,
    pub(super) halved_from: Option<u64>,
    pub(super) stopping: bool,
    pub(super) checkpoint: Option<LastCheckpoint>,
    /// Of a slice that prepares.
    pub(super) clips: Option<Vec<StoredClip>>,
}

/// What the owner of a run asked for; what is missing follows from the size of the dataset.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Asked {
    pub(super) steps: Option<u64>,
    pub(super) epochs: Option<u64>,
    pub(super) batch_size: Option<usize>,
    pub(super) gradient_accumulation: Option<usize>,
    pub(super) precision: Option<String>,
    pub(super) learning_rate: Option<f64>,
    pub(super) warmup_steps: Option<u64>,
    pub(super) evaluation_share: Option<f64>,
    pub(super) early_stopping: Option<u32>,
    pub(super) seed: u64,
    pub(super) sample_texts: Option<Vec<String>>,
    pub(super) checkpoint_seconds: f64,
}

/// What a run is, once its speech is known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Plan {
    /// That are trained with, those of the shipped voices included.
    pub(super) sentences: usize,
    /// That are measured with.
    pub(super) held_out: usize,
    /// Clips that could not be used.
    pub(super) left_out: usize,
    /// Of speech.
    pub(super) seconds: f64,
    pub(super) steps: u64,
    pub(super) batch_size: usize,
    /// As many times `batch_size` clips make a step, of an engine that adds up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) gradient_accumulation: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) precision: Option<String>,
    pub(super) learning_rate: f64,
    pub(super) warmup_steps: u64,
    pub(super) seed: u64,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct LastCheckpoint {
    pub(super) step: u64,
    pub(super) key: String,
    pub(super) sha256: String,
    pub(super) train_loss: Option<f64>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct StoredClip {
    pub(super) segment_id: Uuid,
    pub(super) key: String,
    pub(super) text: String,
    /// The recording that it was cut out of, as long as that is known.
    pub(super) file: Option<Uuid>,
}

/// What a slice leaves; its run takes it over when its end is accepted.
#[derive(Debug, Default, Serialize)]
pub(super) struct Left {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) corpus: Option<LeftCorpus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) checkpoint: Option<LeftCheckpoint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) voice: Option<LeftVoice>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) samples: Vec<LeftSample>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) diverged: Option<Diverged>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) out_of_memory: Option<Short>,
    /// Nothing is gained any more: the run ends before its last step.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) settled: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct LeftCorpus {
    pub(super) key: String,
    pub(super) bytes: u64,
    pub(super) plan: Plan,
    pub(super) outcomes: Vec<ClipOutcome>,
}

/// How well the words of a clip fit.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct ClipOutcome {
    pub(super) segment_id: Uuid,
    pub(super) score: Option<f64>,
    pub(super) misaligned: bool,
}

/// A checkpoint. Without a key it is the one that the run has, of which a voice was made.
#[derive(Debug, Serialize)]
pub(super) struct LeftCheckpoint {
    pub(super) step: u64,
    pub(super) key: Option<String>,
    pub(super) bytes: Option<u64>,
    pub(super) sha256: Option<String>,
    pub(super) train_loss: Option<f64>,
}

#[derive(Debug, Serialize)]
pub(super) struct LeftVoice {
    pub(super) key: String,
    pub(super) bytes: u64,
    /// Of sentences that the run never saw: their mel-cepstral distortion in dB, or, of xtts, the loss of their audio codes.
    pub(super) evaluation_loss: f64,
    pub(super) measures: Value,
}

#[derive(Debug, Serialize)]
pub(super) struct LeftSample {
    pub(super) place: usize,
    pub(super) text: String,
    pub(super) key: String,
    pub(super) bytes: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Diverged {
    pub(super) step: u64,
}

/// What a run says to the report of its slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    GoOn,
    Stop,
    /// The attempt is not the one that counts any more.
    Leave,
}

/// The slice of an attempt; none where the run is gone, or the attempt has lost its job.
pub(super) async fn begin(queue: &Queue, attempt: &Attempt) -> Result<Option<Slice>, JobError> {
    let query = sqlx::query_as::<_, (Option<Value>,)>("select training.begin_slice($1, $2)")
        .bind(attempt.job)
        .bind(attempt.token);
    let rows = queue.rows(query).await.map_err(|error| away(&error))?;
    let Some((Some(slice),)) = rows.into_iter().next() else {
        return Ok(None);
    };
    serde_json::from_value(slice)
        .map(Some)
        .map_err(|error| JobError::Retry(format!("the run cannot be read: {error}")))
}

/// Tells the run what its slice is at. `told`: what takes the places of what was told before; `lines`: `[{"level", "message"}]`.
pub(super) async fn report(
    queue: &Queue,
    attempt: &Attempt,
    told: &Value,
    lines: &Value,
) -> kiskadee_queue::Result<Order> {
    let query = sqlx::query_as::<_, (String,)>("select training.report($1, $2, $3, $4)")
        .bind(attempt.job)
        .bind(attempt.token)
        .bind(told)
        .bind(lines);
    let rows = queue.rows(query).await?;
    Ok(match rows.first().map(|(order,)| order.as_str()) {
        Some("go_on") => Order::GoOn,
        Some("stop") => Order::Stop,
        _ => Order::Leave,
    })
}

/// Whether a slice may still wait for memory that others hold. The first time that it finds too little is noted.
pub(super) async fn may_wait_for_memory(
    queue: &Queue,
    attempt: &Attempt,
) -> Result<bool, JobError> {
    let query = sqlx::query_as::<_, (bool,)>("select training.wait_for_memory($1, $2, $3)");
    let query = query.bind(attempt.job).bind(attempt.token);
    let seconds = MEMORY_PATIENCE.as_secs_f64();
    let rows = queue.rows(query.bind(seconds)).await;
    let rows = rows.map_err(|error| away(&error))?;
    Ok(rows.first().is_none_or(|(may,)| *may))
}

/// Tells the run why its slice is tried again later, so that nobody takes its worker for lost.
pub(super) async fn put_off(queue: &Queue, attempt: &Attempt, why: &str) {
    let statement = sqlx::query("select training.put_off($1, $2, $3)");
    let statement = statement.bind(attempt.job).bind(attempt.token).bind(why);
    if let Err(error) = queue.run(statement).await {
        tracing::warn!(%error, "the run cannot be told why its slice waits");
    }
}

fn away(error: &kiskadee_queue::Error) -> JobError {
    JobError::Snooze(format!("the database cannot be reached: {error}"))
}
