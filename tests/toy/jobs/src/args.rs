//! What a job that counts is asked to do, and what it answers.

use serde::{Deserialize, Serialize};

/// The lane of such jobs.
pub(crate) const BATCH_KEY: &str = "toy:count";

#[derive(Debug, Deserialize)]
pub(crate) struct CountArgs {
    pub(crate) text: String,
    /// How long the counting takes at least.
    pub(crate) seconds: f64,
}

#[derive(Debug, Serialize)]
pub(crate) struct CountResult {
    /// Where the counts lie in the object storage.
    pub(crate) key: String,
    pub(crate) words: usize,
    pub(crate) distinct_words: usize,
    pub(crate) commonest_word: String,
    pub(crate) commonest_times: usize,
}
