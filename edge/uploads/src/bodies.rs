//! What the API document shows of uploads.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A file that is to be sent.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UploadBody {
    /// What the file is for: the family of jobs that takes it, such as `speech`.
    #[schema(min_length = 1, max_length = 32)]
    pub family: String,
    #[schema(min_length = 1, max_length = 255)]
    pub filename: String,
    /// Its exact size.
    #[schema(minimum = 1, maximum = 5_368_709_120_u64)]
    pub bytes: u64,
    /// Its SHA-256 as 64 hex digits. A file that is another one is refused when it is complete.
    #[schema(nullable = false, pattern = "^[0-9a-fA-F]{64}$")]
    pub sha256: Option<String>,
}

/// An upload.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Upload {
    #[schema(pattern = "^upload_[0-9a-f]{32}$")]
    pub upload_id: String,
    pub family: String,
    pub filename: String,
    pub bytes: u64,
    /// As it was announced; once `ready`, as it is.
    #[schema(nullable = false, pattern = "^[0-9a-f]{64}$")]
    pub sha256: Option<String>,
    pub status: UploadState,
    /// Why it was refused.
    #[schema(nullable = false)]
    pub error: Option<String>,
    /// The job that puts the parts together.
    #[schema(nullable = false, pattern = "^job_[0-9a-f]{32}$")]
    pub job_id: Option<String>,
    pub status_url: String,
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it is given up, unless somebody goes on with it.
    #[schema(nullable = false, format = DateTime)]
    pub expires_at: Option<String>,
    /// While it is received: the size of each part but the last.
    #[schema(nullable = false)]
    pub part_bytes: Option<u64>,
    /// While it is received: how many parts there are, counted from 1.
    #[schema(nullable = false)]
    pub parts: Option<u32>,
    /// While it is received: the parts that have not come, as numbers and ranges (`3`, `7-12`).
    #[schema(nullable = false)]
    pub missing: Option<Vec<String>>,
    /// Where the whole file can be brought in one request instead, past this service.
    #[schema(nullable = false)]
    pub address: Option<UploadAddress>,
}

/// A signed address at the store.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UploadAddress {
    /// `PUT`
    pub method: String,
    pub url: String,
    /// To be sent with it.
    pub headers: BTreeMap<String, String>,
    pub expires_in_s: u64,
}

/// Where an upload stands. `ready`: its family can take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UploadState {
    Receiving,
    Checking,
    Ready,
    Refused,
}

/// A page of uploads, the newest first.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UploadList {
    pub items: Vec<Upload>,
    /// `cursor` of the next page; null on the last one.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

/// A part that has been stored.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StoredPart {
    pub number: u32,
    pub bytes: u64,
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub sha256: String,
}

/// What a job of the kind `upload` found.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UploadResult {
    pub bytes: u64,
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub sha256: String,
}
