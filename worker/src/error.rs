//! Why a worker could not start, or had to stop.

use kiskadee_runner::RunnerError;
use kiskadee_speech_jobs::StartError;
use kiskadee_storage::StoreError;
use kiskadee_training_jobs::DownloadSetupError;
use kiskadee_webhook::WebhookError;

use crate::FAMILIES;

#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    #[error("the configuration cannot be used: {}", .0.join("; "))]
    Config(Vec<String>),
    #[error("there is no family `{0}`; there are {known}", known = FAMILIES.join(", "))]
    UnknownFamily(String),
    #[error("no engine can be started here: {0}")]
    Engines(#[from] StartError),
    #[error(transparent)]
    Storage(#[from] StoreError),
    #[error(transparent)]
    Queue(#[from] kiskadee_queue::Error),
    #[error(transparent)]
    Webhooks(#[from] WebhookError),
    #[error(transparent)]
    Runner(#[from] RunnerError),
    #[error("the client for relays could not be set up")]
    Client(#[source] reqwest::Error),
    #[error(transparent)]
    Downloads(#[from] DownloadSetupError),
    #[error("the scratch directory cannot be used; name another with --scratch")]
    Scratch(#[source] std::io::Error),
}
