//! From recordings to a dataset that a voice can be trained on: where somebody speaks, how that is cut into segments, what they are worth, and the
//! folders and archives in which they come and go.
//!
//! Samples and bytes in, numbers and words out: it knows no files, no queue and no HTTP.

pub mod archive;
mod error;
pub mod formats;
pub mod measures;
pub mod prompts;
mod reason;
pub mod report;
pub mod segment;
pub mod vad;

pub use error::DatasetError;
pub use reason::{Finding, Reason, Severity, UnknownReason};
