//! From recordings to a dataset that a voice can be trained on: where somebody speaks, and how that is cut into segments.
//!
//! Samples in, numbers out: it knows no files, no queue and no HTTP.

mod error;
pub mod segment;
pub mod vad;

pub use error::DatasetError;
