//! The one error of this crate, with variants by what the caller can do about it.

use std::path::PathBuf;

use kiskadee_checkpoint::CheckpointError;
use kiskadee_dsp::DspError;

/// Why a model cannot be loaded or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum XttsError {
    /// A file of the model's folder cannot be read or is not what it should be.
    #[error("{path}: {reason}")]
    File { path: PathBuf, reason: String },
    /// A tensor is missing, has another shape, or is cut off.
    #[error("tensor `{name}`: {reason}")]
    Tensor { name: String, reason: String },
    /// What was asked for cannot be spoken; it would fail again.
    #[error("{0}")]
    Input(String),
    /// The device or a kernel failed; the process should not be trusted further when it is a GPU.
    #[error(transparent)]
    Device(#[from] candle_core::Error),
}

impl From<CheckpointError> for XttsError {
    fn from(error: CheckpointError) -> Self {
        match error {
            CheckpointError::File { path, reason } => Self::File { path, reason },
            CheckpointError::Tensor { name, reason } => Self::Tensor { name, reason },
            CheckpointError::Device(error) => Self::Device(error),
            // What has no variant here yet.
            other => Self::Input(other.to_string()),
        }
    }
}

impl From<DspError> for XttsError {
    fn from(error: DspError) -> Self {
        Self::Input(error.to_string())
    }
}

impl XttsError {
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

pub type Result<T, E = XttsError> = std::result::Result<T, E>;
