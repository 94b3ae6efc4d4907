//! The one error of this crate, with variants by what the caller can do about it.

use std::path::PathBuf;

use kiskadee_checkpoint::CheckpointError;
use kiskadee_dsp::DspError;

/// Why a model cannot be loaded or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenVoiceError {
    /// A file of the model cannot be read or is not what it should be.
    #[error("{path}: {reason}")]
    File { path: PathBuf, reason: String },
    /// A tensor is missing, has another shape, or is cut off.
    #[error("tensor `{name}`: {reason}")]
    Tensor { name: String, reason: String },
    /// What was asked for cannot be done; it would fail again.
    #[error("{0}")]
    Input(String),
    #[error("the conversion was cancelled")]
    Cancelled,
    /// The device or a kernel failed.
    #[error(transparent)]
    Device(#[from] candle_core::Error),
}

pub type Result<T, E = OpenVoiceError> = std::result::Result<T, E>;

impl OpenVoiceError {
    pub(crate) fn file(path: impl Into<PathBuf>, reason: impl std::fmt::Display) -> Self {
        Self::File {
            path: path.into(),
            reason: reason.to_string(),
        }
    }
}

impl From<CheckpointError> for OpenVoiceError {
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

impl From<DspError> for OpenVoiceError {
    fn from(error: DspError) -> Self {
        Self::Input(error.to_string())
    }
}
