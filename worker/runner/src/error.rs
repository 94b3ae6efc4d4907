//! Why a runner could not start, or had to stop.

use std::{error::Error, fmt::Write as _};

#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    #[error("the configuration cannot be used: {}", .0.join("; "))]
    Config(Vec<String>),
    #[error(transparent)]
    Queue(#[from] kiskadee_queue::Error),
    #[error("`{address}` cannot be listened on")]
    Listen {
        address: std::net::SocketAddr,
        #[source]
        source: std::io::Error,
    },
    #[error("the thread that keeps the leases could not be started")]
    Thread(#[source] std::io::Error),
    /// The process must be replaced by a new one: a device is poisoned, or the leases are kept by nobody.
    #[error("the process can do no more work: {0}")]
    Broken(String),
}

/// An error and all its causes in one line.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string cannot fail.
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_names_every_cause() {
        let cause = std::io::Error::other("no route");
        let error = kiskadee_queue::Error::Retry(sqlx::Error::Io(cause));
        assert!(chain(&error).starts_with("the database cannot serve this now: "));
        assert!(chain(&error).ends_with("no route"));
    }
}
