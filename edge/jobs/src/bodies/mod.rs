//! The bodies of answers as the `OpenAPI` document shows them.
//!
//! Answers are written by the database and passed through; tests read them into these types, so the two cannot drift.

mod batch;
mod job;
mod usage;

pub use batch::{BatchItem, BatchStatus};
pub use job::{Job, JobError, JobList, JobState, TimedWord, Timestamps};
pub use kiskadee_edge_kit::batches::{BatchList, BatchState, BatchSummary};
pub use usage::Usage;
