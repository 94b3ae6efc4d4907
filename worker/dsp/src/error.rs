//! The one error of this crate.

/// Why there is no spectrum, or no sound of another rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DspError {
    #[error("{samples} samples are too few for a spectrum, give at least {least}")]
    TooShort { samples: usize, least: usize },
    #[error("a sample rate of 0 Hz")]
    NoRate,
    #[error("a spectrum failed: {0}")]
    Transform(String),
}
