//! What a job that checks an upload is asked to do, and what it answers.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The lane of such jobs.
pub(crate) const BATCH_KEY: &str = "upload:check";

/// What was announced, and where it lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadArgs {
    pub upload_id: Uuid,
    pub bytes: u64,
    /// 64 hex digits; none where the sender did not say.
    pub sha256: Option<String>,
    pub source: Source,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// In their order.
    Parts(Vec<Part>),
    /// The key of an object that the sender brought to the store itself.
    Whole(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub key: String,
    pub bytes: u64,
}

/// The one object that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadResult {
    pub key: String,
    pub bytes: u64,
    /// 64 hex digits.
    pub sha256: String,
}
