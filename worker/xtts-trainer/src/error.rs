//! What can go wrong between recordings and a tuned model, by what the caller can do about it.

use std::path::PathBuf;

use kiskadee_checkpoint::CheckpointError;
use kiskadee_xtts::XttsError;

/// Why a model cannot be tuned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    /// A checkpoint is cut off or of something else.
    #[error("{path} is not what this program wrote: {reason}")]
    Damaged { path: PathBuf, reason: String },
    /// What was asked for cannot be done; it would fail again.
    #[error("{0}")]
    Options(String),
    /// A run goes on only under what it began with.
    #[error(
        "the checkpoint was made with other options or data ({0}), give the same or another folder"
    )]
    OtherOptions(String),
    /// The folder of a new run holds another's checkpoints.
    #[error("{0} holds checkpoints of an earlier run, resume it or give another folder")]
    Occupied(PathBuf),
    /// The loss or the gradient is not a number any more: go back to the last checkpoint with a lower rate.
    #[error("the loss is not finite at step {step}, lower the learning rate of {rate:e}")]
    Diverged { step: u64, rate: f64 },
    /// Every code of a batch lies in what the voice is conditioned on, so that nothing is left to learn.
    #[error("the loss has no codes left: do not mask the conditioning, or take larger batches")]
    NothingToLearn,
    /// The run would not fit.
    #[error("the run needs {needed_gb:.1} GB of memory, and {free_gb:.1} are free; try {advice}")]
    Memory {
        needed_gb: f64,
        free_gb: f64,
        advice: String,
    },
    /// A micro-batch cannot have its bytes: a smaller one may.
    #[error("a step needs {needed} bytes of memory, and {free} can be had")]
    NoRoom { needed: u64, free: u64 },
    #[error(transparent)]
    Model(#[from] XttsError),
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The device or a kernel failed.
    #[error("a tensor operation failed: {0}")]
    Compute(#[from] candle_core::Error),
}

impl TrainError {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }

    pub(crate) fn damaged(path: impl Into<PathBuf>, reason: impl std::fmt::Display) -> Self {
        Self::Damaged {
            path: path.into(),
            reason: reason.to_string(),
        }
    }
}

pub type Result<T, E = TrainError> = std::result::Result<T, E>;
