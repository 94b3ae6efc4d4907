//! Storage in use.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a caller has in use of the storage.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// Bytes of what jobs made, archives among it. What was made in the last seconds may be missing.
    pub result_bytes: u64,
    /// Bytes of uploads, recordings and what else was sent.
    pub file_bytes: u64,
    /// Both together.
    pub stored_bytes: u64,
    /// What may be in use; null without a bound.
    #[schema(required = true)]
    pub quota_bytes: Option<u64>,
}
