//! Why something cannot be done.

/// Errors of the crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    #[error("the weights of the voice activity detector are damaged: {0}")]
    Weights(String),
    #[error("the device failed: {0}")]
    Device(#[from] candle_core::Error),
    #[error("{0}")]
    Options(String),
}
