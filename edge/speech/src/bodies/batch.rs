//! Batches.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::SpeechWarning;

/// A batch that was taken in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchAnswer {
    /// The same as `batch_id`.
    pub job_id: String,
    #[schema(pattern = "^batch_[0-9a-f]{32}$")]
    pub batch_id: String,
    #[schema(minimum = 1)]
    pub total_jobs: u32,
    /// Seconds until it should be done, by the measured rate of the workers and what waits before it; null when an engine was
    /// never measured.
    #[schema(required = true)]
    pub estimated_time: Option<u32>,
    pub status_url: String,
    /// What of the texts is not spoken as they ask for, if anything; the first 20, with the `index` of their texts.
    #[schema(nullable = false, max_items = 20)]
    pub warnings: Option<Vec<SpeechWarning>>,
    /// What an uploaded file was read as; of a file alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_as: Option<ReadAs>,
}

/// What an uploaded table was recognised as, for its sender to check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadAs {
    /// Of a file of text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// What parts the cells of a file of text: `,`, `;`, a tab or `|`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = ";")]
    pub separator: Option<String>,
    /// The name of the sheet of a workbook: the first that is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// The line of the header; of a workbook its row.
    #[schema(minimum = 1)]
    pub header_line: u64,
    /// Rows that are spoken.
    #[schema(minimum = 1)]
    pub rows: u64,
    /// Rows without anything in any cell, which are left out. Lines without any separator are not counted.
    pub empty_rows: u64,
    /// Columns of the header, at most 50, that mean nothing here.
    #[schema(max_items = 50, example = json!(["notes"]))]
    pub ignored_columns: Vec<String>,
}

/// How a file writes its letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum Encoding {
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "utf-16")]
    Utf16,
    #[serde(rename = "windows-1252")]
    Windows1252,
}
