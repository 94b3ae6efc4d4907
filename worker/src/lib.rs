//! The worker behind `kiskadee worker`: which families this process runs, in which pools, and what it is told at its start.
//!
//! [`Worker::run`] is the whole of it as one future. The parts stand in crates of their own: `kiskadee-runner` knows the
//! queue and no family; a family's jobs lie in `worker/jobs/<family>`.

mod config;
mod error;
mod families;
mod notice;
mod worker;

pub use config::{NO_ENGINES, Webhooks, WorkerConfig};
pub use error::WorkerError;
pub use families::FAMILIES;
pub use kiskadee_training_jobs::{DownloadLimits, DownloadOptions, Reach};
pub use notice::{NoticeSource, UnknownSource, watch as watch_for_notice};
pub use worker::Worker;
