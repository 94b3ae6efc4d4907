//! The one error of this crate's engines, with variants by what the caller can do about it.

/// Why a request was not spoken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpeechError {
    /// The request itself cannot be spoken; it would fail again everywhere. The text is meant for its author.
    #[error("{0}")]
    Reject(String),
    /// Something went wrong that may well go right at the next try.
    #[error("{0}")]
    Retry(String),
    /// This machine lacks what the engine needs; the text says what to install. Another machine may have it.
    #[error("{0}")]
    Unavailable(String),
    /// The request's cancellation token fired.
    #[error("speech was cancelled")]
    Cancelled,
    /// The process can no longer be trusted (a poisoned device, for example) and must be restarted.
    #[error("{0}")]
    Fatal(String),
}

impl From<kiskadee_text::SsmlError> for SpeechError {
    fn from(error: kiskadee_text::SsmlError) -> Self {
        Self::Reject(format!(
            "the text begins as SSML and cannot be read: {error}"
        ))
    }
}

impl From<kiskadee_process::OrderError> for SpeechError {
    fn from(error: kiskadee_process::OrderError) -> Self {
        use kiskadee_process::OrderError;
        match error {
            OrderError::Reject(why) | OrderError::TooLong(why) => Self::Reject(why),
            OrderError::Retry(why) => Self::Retry(why),
            OrderError::Unavailable(why) => Self::Unavailable(why),
        }
    }
}
