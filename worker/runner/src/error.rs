//! Why a runner could not start, or had to stop.

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
