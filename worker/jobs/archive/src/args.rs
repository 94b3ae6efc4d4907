//! What a job that packs a batch is asked to do, and what it answers.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The lane of such jobs.
pub const BATCH_KEY: &str = "archive:zip";

/// What an archive job is asked to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveArgs {
    /// The batch to pack.
    pub batch_id: Uuid,
}

/// What an archive job answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveResult {
    /// Where the ZIP lies in the object storage.
    pub key: String,
    /// Its media type.
    pub content_type: String,
    /// Its size.
    pub bytes: u64,
}
