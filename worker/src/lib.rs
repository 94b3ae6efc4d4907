//! The worker behind `kiskadee worker`: which families this process runs, in which pools, and what it is told at its start.
//!
//! [`Worker::run`] is the whole of it as one future. The parts stand in crates of their own: `kiskadee-runner` knows the
//! queue and no family; a family's jobs lie in `worker/jobs/<family>`.

mod config;
mod error;
mod families;
mod worker;

pub use config::WorkerConfig;
pub use error::WorkerError;
pub use families::FAMILIES;
pub use kiskadee_training_jobs::{DownloadLimits, DownloadOptions, Reach};
pub use worker::Worker;
