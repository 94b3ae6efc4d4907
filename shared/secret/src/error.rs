//! Why a secret cannot be had.

use std::{io, path::PathBuf};

/// Why a secret cannot be had; names the variable and the file, never what is in them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// Two places say what it is.
    #[error("both {0} and {0}_FILE are set: unset one of them")]
    Both(String),
    /// The variable is not UTF-8.
    #[error("{0} is not text in UTF-8")]
    NotUnicode(String),
    /// The file cannot be read.
    #[error("{name}_FILE: `{}` cannot be read: {reason}", path.display())]
    Read {
        /// The variable without `_FILE`.
        name: String,
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// The file is not what a secret can be.
    #[error("{name}_FILE: `{}` {what}", path.display())]
    Unusable {
        /// The variable without `_FILE`.
        name: String,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
}
