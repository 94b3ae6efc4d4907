//! Where audio is brought to whoever listens while it is made.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where the listener of a stream waits: a relay, to which the worker brings the audio as it is made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayTarget {
    /// The relay's address, without a slash at the end.
    pub url: String,
    /// The name of the stream there.
    pub stream: String,
    /// Shows that the bringer is the one who was asked.
    pub secret: String,
}

/// The secret stays out of logs.
impl fmt::Debug for RelayTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelayTarget")
            .field("url", &self.url)
            .field("stream", &self.stream)
            .finish_non_exhaustive()
    }
}
