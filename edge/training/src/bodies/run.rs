//! Runs and what they leave.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A run to be started.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartBody {
    /// What the run and its voices are called.
    #[schema(min_length = 1, max_length = 100)]
    pub model_name: String,
    /// Id or name of a dataset.
    #[schema(nullable = false)]
    pub dataset: Option<String>,
    /// Another word for `dataset`: the last part is its name, never a path.
    #[schema(nullable = false, example = "datasets/my_voice")]
    pub dataset_folder: Option<String>,
    /// `kiskadee` (the default), the embedded engine, or `xtts`, where a worker has a model of it that was imported with its DVAE.
    #[schema(nullable = false, example = "kiskadee")]
    pub engine: Option<String>,
    /// What the run begins with: a checkpoint or a trained voice of the same engine; the engine's own weights where nothing is said.
    #[schema(nullable = false)]
    pub base: Option<String>,
    /// How often all sentences are heard; not beside `steps`.
    #[schema(nullable = false, minimum = 1, maximum = 10_000)]
    pub epochs: Option<u32>,
    #[schema(nullable = false, minimum = 1, maximum = 100_000)]
    pub steps: Option<u32>,
    /// Sentences in a step; of `xtts` those that are in memory at once, 1 where nothing is said.
    #[schema(nullable = false, minimum = 1, maximum = 64)]
    pub batch_size: Option<u32>,
    /// Of `xtts`: so many batches make a step, as many as give an eighth of the clips, 4 to 32, where nothing is said. The embedded engine has
    /// no use for it.
    #[schema(nullable = false, minimum = 1, maximum = 512)]
    pub gradient_accumulation: Option<u32>,
    #[schema(nullable = false, minimum = 0.000_000_1, maximum = 0.1)]
    pub learning_rate: Option<f64>,
    #[schema(nullable = false, minimum = 0, maximum = 10_000)]
    pub warmup_steps: Option<u32>,
    /// `f32`, or `bf16`, of which the embedded engine makes `f32`, and which `xtts` takes on a GPU only.
    #[schema(nullable = false, pattern = "^(f32|bf16)$")]
    pub precision: Option<String>,
    /// The same seed, dataset and settings give the same voice.
    #[schema(nullable = false, minimum = 0, maximum = 2_147_483_647)]
    pub seed: Option<u32>,
    /// How much of the sentences is kept to measure with; the embedded engine keeps a twentieth, and five at least.
    #[schema(nullable = false, minimum = 0.01, maximum = 0.5)]
    pub evaluation_share: Option<f64>,
    /// `auto` (the default), `cpu` or `cuda`. The embedded engine trains on the CPU.
    #[schema(nullable = false, pattern = "^(auto|cpu|cuda)$")]
    pub device: Option<String>,
    /// Ends the run after so many evaluations without a gain of half a per cent.
    #[schema(nullable = false, minimum = 1, maximum = 1_000)]
    pub early_stopping: Option<u32>,
    /// What is spoken at each checkpoint.
    #[schema(nullable = false, max_items = 5)]
    pub sample_texts: Option<Vec<String>>,
    /// From one checkpoint to the next; 60 where nothing is said, of `xtts` 300.
    #[schema(nullable = false, minimum = 1, maximum = 300)]
    pub checkpoint_seconds: Option<f64>,
    /// Only tell what it would take.
    #[schema(nullable = false, default = false)]
    pub dry_run: Option<bool>,
    /// Is told `training.completed`, `training.failed` or `training.stopped`.
    #[schema(nullable = false)]
    pub webhook_url: Option<String>,
}

/// What a run will take.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    pub steps: u64,
    pub seconds: u64,
    pub memory_bytes: u64,
    pub device: String,
    #[schema(required = true)]
    pub free_bytes: Option<u64>,
    pub speech_seconds: f64,
    pub clips: u64,
}

/// What a run would take.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EstimateAnswer {
    pub estimate: Estimate,
    pub warnings: Vec<String>,
}

/// The run was taken in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunAnswer {
    #[schema(pattern = "^run_[0-9a-f]{32}$")]
    pub run_id: String,
    pub status_url: String,
    pub estimate: Estimate,
    pub warnings: Vec<String>,
}

/// A run to be stopped.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StopBody {
    #[schema(nullable = false, pattern = "^run_[0-9a-f]{32}$")]
    pub run_id: Option<String>,
    /// Keep nothing of it.
    #[schema(nullable = false, default = false)]
    pub discard: Option<bool>,
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    Queued,
    Running,
    Stopping,
    Stopped,
    Completed,
    Failed,
}

/// A run.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunBody {
    #[schema(pattern = "^run_[0-9a-f]{32}$")]
    pub run_id: String,
    pub model_name: String,
    pub engine: String,
    pub language: String,
    pub state: RunState,
    #[schema(pattern = "^dataset_[0-9a-f]{32}$")]
    pub dataset_id: String,
    pub dataset_version: u32,
    pub step: u64,
    #[schema(required = true)]
    pub steps: Option<u64>,
    #[schema(required = true)]
    pub epoch: Option<u64>,
    #[schema(required = true)]
    pub epochs: Option<u64>,
    /// In per cent.
    #[schema(required = true, maximum = 100)]
    pub progress: Option<u32>,
    pub loss: RunLoss,
    #[schema(required = true)]
    pub learning_rate: Option<f64>,
    #[schema(required = true)]
    pub gradient_norm: Option<f64>,
    #[schema(required = true)]
    pub steps_per_second: Option<f64>,
    #[schema(required = true)]
    pub seconds_left: Option<f64>,
    /// `preparing`, `training` or `listening`, while it is under way.
    #[schema(required = true)]
    pub stage: Option<String>,
    #[schema(required = true)]
    pub device: Option<String>,
    #[schema(required = true)]
    pub worker: Option<String>,
    #[schema(required = true)]
    pub memory_bytes: Option<u64>,
    /// How many jobs it took so far.
    pub slices: u32,
    /// How often it went on after a worker was lost.
    pub resumed: u32,
    /// What its owner asked for.
    #[schema(value_type = Object)]
    pub recipe: Value,
    /// What it is, once its speech is known.
    #[schema(required = true, value_type = Option<Object>)]
    pub plan: Option<Value>,
    #[schema(value_type = Object)]
    pub base: Value,
    pub samples: Vec<Sample>,
    /// The latest.
    #[schema(required = true)]
    pub checkpoint: Option<Checkpoint>,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(required = true, format = DateTime)]
    pub started_at: Option<String>,
    #[schema(format = DateTime)]
    pub updated_at: String,
    #[schema(required = true, format = DateTime)]
    pub finished_at: Option<String>,
    #[schema(nullable = false)]
    pub error: Option<String>,
}

/// Losses of a run.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunLoss {
    #[schema(nullable = false)]
    pub train: Option<f64>,
    #[schema(nullable = false, value_type = Option<Object>)]
    pub parts: Option<Value>,
    /// Of sentences that the run never saw, by its latest checkpoint: their mel-cepstral distortion in dB, or, of `xtts`, the mean
    /// cross-entropy of their audio codes.
    #[schema(required = true)]
    pub evaluation: Option<f64>,
    #[schema(required = true)]
    pub best: Option<f64>,
    #[schema(required = true)]
    pub best_step: Option<u64>,
}

/// What a run spoke on its way.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    #[schema(pattern = "^sample_[0-9a-f]{32}$")]
    pub sample_id: String,
    pub step: u64,
    pub text: String,
    pub audio_url: String,
}

/// A page of runs.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunList {
    pub items: Vec<RunBody>,
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    Debug,
    Info,
    Warning,
    Error,
}

/// A line of a log.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogLine {
    pub seq: u64,
    #[schema(format = DateTime)]
    pub at: String,
    pub level: LogLevel,
    pub message: String,
    #[schema(nullable = false)]
    pub step: Option<u64>,
}

/// A page of a log.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogList {
    #[schema(pattern = "^run_[0-9a-f]{32}$")]
    pub run_id: String,
    pub items: Vec<LogLine>,
    /// Null when nothing follows, now or later.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
    /// The run has ended, and all of it is here.
    pub end: bool,
}

/// What a run left on its way.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    #[schema(pattern = "^checkpoint_[0-9a-f]{32}$")]
    pub checkpoint_id: String,
    #[schema(pattern = "^run_[0-9a-f]{32}$")]
    pub run_id: String,
    pub step: u64,
    #[schema(required = true)]
    pub train_loss: Option<f64>,
    #[schema(required = true)]
    pub evaluation_loss: Option<f64>,
    pub bytes: u64,
    pub voice_bytes: u64,
    /// Whether it can be spoken with, loaded, compared and exported.
    pub can_speak: bool,
    /// Whether its run can go on from it.
    pub can_resume: bool,
    /// Why it stays: `latest`, `best`, `sample`, `promoted`.
    pub kept: Vec<String>,
    /// What was measured on sentences that the run never saw: `distortion_db`, `pitch_error_cents`, `voicing_error_percent`,
    /// `duration_error_ms`, `sentences`; of `xtts` `code_loss` and `sentences`.
    #[schema(value_type = Object)]
    pub measures: Value,
    #[schema(format = DateTime)]
    pub created_at: String,
    /// The voice that was made of it last.
    #[schema(required = true)]
    pub voice: Option<CheckpointVoice>,
}

/// The voice that a checkpoint became.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckpointVoice {
    pub voice_id: String,
    pub version: u32,
    pub current: bool,
}

/// A page of checkpoints.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckpointList {
    pub items: Vec<Checkpoint>,
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}
