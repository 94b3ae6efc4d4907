//! The one error of this crate, with variants by what the caller can do about it.

use std::path::PathBuf;

use kiskadee_checkpoint::CheckpointError;

/// Why a voice cannot be imported, loaded or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PiperError {
    /// A file of the voice cannot be read or is not what it should be.
    #[error("{path}: {reason}")]
    File { path: PathBuf, reason: String },
    /// A layer or a tensor is missing, or has a shape or an attribute that no Piper voice has.
    #[error("layer `{name}`: {reason}")]
    Layer { name: String, reason: String },
    /// What was asked for cannot be spoken; it would fail again.
    #[error("{0}")]
    Input(String),
    /// A file of tensors or its folder.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The device or a kernel failed; the process should not be trusted further when it is a GPU.
    #[error(transparent)]
    Device(#[from] candle_core::Error),
}

impl PiperError {
    pub(crate) fn file(path: impl Into<PathBuf>, reason: impl std::fmt::Display) -> Self {
        Self::File {
            path: path.into(),
            reason: reason.to_string(),
        }
    }

    pub(crate) fn layer(name: impl Into<String>, reason: impl std::fmt::Display) -> Self {
        Self::Layer {
            name: name.into(),
            reason: reason.to_string(),
        }
    }
}

pub type Result<T, E = PiperError> = std::result::Result<T, E>;
