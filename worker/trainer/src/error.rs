//! What can go wrong between texts and weights.

use std::path::PathBuf;

use kiskadee_voice::acoustic::ModelError;

#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    #[error("{path}: {source}")]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{path} is not what this program wrote: {reason}")]
    Damaged { path: PathBuf, reason: String },
    #[error("{0}")]
    Options(String),
    #[error("recording {index} of {speaker} is unusable: {reason}")]
    Recording {
        speaker: String,
        index: usize,
        reason: String,
    },
    #[error("the checkpoint was made with other options ({0}), give the same or another --out")]
    OtherOptions(String),
    #[error("{0} holds checkpoints of an earlier run, resume it or give another --out")]
    Occupied(PathBuf),
    #[error("the loss is not finite at step {0}, lower the learning rate")]
    Diverged(u64),
    /// A part of a step cannot have its bytes: smaller parts may.
    #[error("a step needs {needed} bytes of memory, and {free} can be had")]
    Memory { needed: u64, free: u64 },
    #[error(
        "{found:.0} s of speech can be used, and a voice is tuned on {least:.0} s or more: record more, or match a voice to what there is"
    )]
    TooLittleSpeech { found: f32, least: f32 },
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Teacher(#[from] crate::teacher::TeacherError),
    #[error(transparent)]
    Kokoro(#[from] kiskadee_kokoro::KokoroError),
    #[error(transparent)]
    Plot(#[from] crate::plot::PlotError),
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
