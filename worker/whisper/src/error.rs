//! The one error of this crate, with variants by what the caller can do about it.

use std::path::PathBuf;

/// Why a model cannot be loaded or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WhisperError {
    /// A file of the model's folder cannot be read or is not what it should be.
    #[error("{path}: {reason}")]
    File { path: PathBuf, reason: String },
    /// A tensor is missing, has another shape, or is cut off.
    #[error("tensor `{name}`: {reason}")]
    Tensor { name: String, reason: String },
    /// What was asked for cannot be done; it would fail again.
    #[error("{0}")]
    Input(String),
    /// The file of the weights cannot be read.
    #[error(transparent)]
    Checkpoint(#[from] kiskadee_checkpoint::CheckpointError),
    /// The samples give no spectrum.
    #[error(transparent)]
    Sound(#[from] kiskadee_dsp::DspError),
    /// The device or a kernel failed; the process should not be trusted further when it is a GPU.
    #[error(transparent)]
    Device(#[from] candle_core::Error),
}

impl WhisperError {
    pub(crate) fn file(path: impl Into<PathBuf>, reason: impl std::fmt::Display) -> Self {
        Self::File {
            path: path.into(),
            reason: reason.to_string(),
        }
    }

    pub(crate) fn tensor(name: impl Into<String>, reason: impl std::fmt::Display) -> Self {
        Self::Tensor {
            name: name.into(),
            reason: reason.to_string(),
        }
    }
}

pub type Result<T, E = WhisperError> = std::result::Result<T, E>;
