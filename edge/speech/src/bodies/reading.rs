//! How a text will be spoken.

use kiskadee_pronunciation::ReadSentence;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::request::text_format;

/// A text to be looked at before it is spoken.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadBody {
    /// As for speech.
    #[schema(min_length = 1, max_length = 5000, example = "It holds 21 GB, right?")]
    pub text: String,
    /// As for speech.
    #[schema(schema_with = text_format)]
    pub text_format: Option<String>,
    /// English or Portuguese; the region does not matter.
    #[schema(
        min_length = 2,
        max_length = 16,
        pattern = "^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$",
        example = "en"
    )]
    pub language: String,
}

/// A text as it will be spoken.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadAnswer {
    /// Without region.
    pub language: &'static str,
    pub sentences: Vec<ReadSentence>,
}
