//! What the API document shows of voice training.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A dataset.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    #[schema(pattern = "^dataset_[0-9a-f]{32}$")]
    pub dataset_id: String,
    pub name: String,
    pub language: String,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// A page of datasets.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetList {
    pub items: Vec<Dataset>,
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}
