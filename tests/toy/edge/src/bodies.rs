//! The bodies of requests and answers as the `OpenAPI` document shows them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A text whose words are to be counted.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CountBody {
    #[schema(min_length = 1, max_length = 2000)]
    pub text: String,
    /// How long the counting takes at least, for whoever wants to watch it.
    #[schema(nullable = false, minimum = 0, maximum = 60)]
    pub seconds: Option<f64>,
}

/// The text was taken in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CountAnswer {
    #[schema(pattern = "^job_[0-9a-f]{32}$")]
    pub job_id: String,
    pub status_url: String,
    pub text_url: String,
}

/// A text as it is kept.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Text {
    #[schema(pattern = "^job_[0-9a-f]{32}$")]
    pub job_id: String,
    pub chars: u32,
    #[schema(format = DateTime)]
    pub taken_at: String,
    /// How its job ended: `completed`, `cancelled` or `failed`; null until then.
    #[schema(required = true)]
    pub outcome: Option<String>,
    /// Null where they were not counted.
    #[schema(required = true)]
    pub words: Option<u32>,
    #[schema(required = true, format = DateTime)]
    pub counted_at: Option<String>,
}

/// What a job of the kind `toy` made.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CountResult {
    pub words: u32,
    pub distinct_words: u32,
    pub commonest: CommonestWord,
    /// Where the text is shown.
    pub text_url: String,
}

/// The word that stands there most often.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommonestWord {
    pub word: String,
    pub times: u32,
}
