//! Why a worker could not start, or had to stop.

use crate::{StartError, store::StoreError, webhook::WebhookError};

#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    #[error("the configuration cannot be used: {}", .0.join("; "))]
    Config(Vec<String>),
    #[error("no engine can be started here: {0}")]
    Engines(#[from] StartError),
    #[error(transparent)]
    Storage(#[from] StoreError),
    #[error(transparent)]
    Queue(#[from] kiskadee_queue::Error),
    #[error(transparent)]
    Webhooks(#[from] WebhookError),
    #[error("`{address}` cannot be listened on")]
    Listen {
        address: std::net::SocketAddr,
        #[source]
        source: std::io::Error,
    },
    #[error("the thread that keeps the leases could not be started")]
    Thread(#[source] std::io::Error),
    #[error("the client for relays could not be set up")]
    Client(#[source] reqwest::Error),
    #[error("the scratch directory cannot be used; name another with --scratch")]
    Scratch(#[source] std::io::Error),
    /// The process must be replaced by a new one: a device is poisoned, or the leases are kept by nobody.
    #[error("the process can do no more work: {0}")]
    Broken(String),
}
