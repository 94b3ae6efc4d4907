//! The worker: fetches jobs, speaks, encodes, uploads, completes and sends webhooks.
//!
//! [`Worker::run`] is the whole of it as one future. The parts can be used and tested by themselves: `run` knows how a job
//! is done and nothing of the queue; `runner` knows the queue and nothing of audio; `store` and `gateway` hold the results
//! and hand them out; `webhook` sends what the outbox holds.

pub mod archive;
pub mod audio;
mod config;
mod devices;
mod engines;
mod error;
pub mod gateway;
pub mod run;
mod runner;
mod scratch;
pub mod store;
mod tls;
pub mod webhook;

pub use config::WorkerConfig;
pub use engines::{ENGINES, EngineOptions, StartError, XttsOptions, start_engine};
pub use error::WorkerError;
pub use runner::Worker;
