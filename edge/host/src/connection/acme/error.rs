//! Why there is no certificate from an authority.

use std::{io, path::PathBuf};

/// Why there is no certificate from an authority.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AcmeError {
    /// A file or folder of what is kept.
    #[error("`{}` cannot be used: {reason}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// The account that is kept is damaged.
    #[error("`{}` is no account: {reason}; without the file there will be a new one", path.display())]
    Account {
        /// Where it is kept.
        path: PathBuf,
        /// What is wrong.
        reason: serde_json::Error,
    },
    /// What the authority, or the way to it, says.
    #[error(transparent)]
    Authority(#[from] instant_acme::Error),
    /// The authority has other ways for this host.
    #[error("the authority does not offer the challenge for {0}")]
    NotOffered(String),
    /// The authority did not find here what it looked for.
    #[error("the authority does not accept that {hosts} is ours: {reason}")]
    Refused {
        /// All of the order.
        hosts: String,
        /// What it says, or how far it came.
        reason: String,
    },
    /// A certificate that answers a challenge cannot be made.
    #[error("no certificate for the challenge: {0}")]
    Challenge(String),
}
