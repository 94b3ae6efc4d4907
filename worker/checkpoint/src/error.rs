//! The one error of this crate, with variants by what the caller can do about it.

use std::path::PathBuf;

/// Why a file of a model cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// A file cannot be read or written, or is not what it should be.
    #[error("{path}: {reason}")]
    File { path: PathBuf, reason: String },
    /// A tensor is missing, has another shape, or is cut off.
    #[error("tensor `{name}`: {reason}")]
    Tensor { name: String, reason: String },
    /// A tensor cannot be brought to its device.
    #[error(transparent)]
    Device(#[from] candle_core::Error),
}

impl CheckpointError {
    pub fn file(path: impl Into<PathBuf>, reason: impl std::fmt::Display) -> Self {
        Self::File {
            path: path.into(),
            reason: reason.to_string(),
        }
    }

    pub fn tensor(name: impl Into<String>, reason: impl std::fmt::Display) -> Self {
        Self::Tensor {
            name: name.into(),
            reason: reason.to_string(),
        }
    }
}

pub type Result<T, E = CheckpointError> = std::result::Result<T, E>;
