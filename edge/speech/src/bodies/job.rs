//! Jobs that speak: the answer when one is taken in, and what it made.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Licence;

/// What the caller should know of a text that was taken in nevertheless.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpeechWarning {
    /// What it is about: `no_words`, `element_ignored`, `attribute_ignored`, `value_limited`, `voice_ignored`, `language_ignored`,
    /// `audio_ignored` or `read_as_written`.
    #[schema(example = "audio_ignored")]
    pub code: String,
    pub message: String,
    /// Where it stands in the text, counted from 1; columns in characters.
    #[schema(nullable = false, minimum = 1)]
    pub line: Option<u32>,
    #[schema(nullable = false, minimum = 1)]
    pub column: Option<u32>,
    /// Of a batch: the text, counted from 0.
    #[schema(nullable = false, minimum = 0)]
    pub index: Option<u32>,
}

/// A job that was taken in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpeechAnswer {
    #[schema(pattern = "^job_[0-9a-f]{32}$")]
    pub job_id: String,
    pub status_url: String,
    /// As in the answer to a batch.
    #[schema(required = true)]
    pub estimated_time: Option<u32>,
    /// What of the text is not spoken as it asks for, if anything; the first 20.
    #[schema(nullable = false, max_items = 20)]
    pub warnings: Option<Vec<SpeechWarning>>,
}

/// What a speech job made.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpeechResult {
    pub audio_url: String,
    pub content_type: String,
    pub bytes: u64,
    pub duration_seconds: f64,
    pub sample_rate: u32,
    /// The engine that spoke.
    pub engine: String,
    /// The voice that spoke; never `default`.
    pub voice_id: String,
    /// When each word is heard, if that was asked for and is known.
    #[schema(nullable = false)]
    pub timestamps_url: Option<String>,
    #[schema(nullable = false)]
    pub subtitles_url: Option<String>,
    /// The licence of the voice, where it is known.
    #[schema(nullable = false)]
    pub licence: Option<Licence>,
    /// As when the text was taken in.
    #[schema(nullable = false, max_items = 20)]
    pub warnings: Option<Vec<SpeechWarning>>,
}

/// What was spoken to a listener; its audio was not kept.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StreamResult {
    pub content_type: String,
    pub bytes: u64,
    pub duration_seconds: f64,
    pub engine: String,
    pub voice_id: String,
    /// The licence of the voice, where it is known.
    #[schema(nullable = false)]
    pub licence: Option<Licence>,
    /// As when the text was taken in.
    #[schema(nullable = false, max_items = 20)]
    pub warnings: Option<Vec<SpeechWarning>>,
}
