//! Voices and the engines that speak with them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A voice.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Voice {
    pub voice_id: String,
    pub name: String,
    pub kind: VoiceKind,
    pub engine: String,
    /// False while it is being made.
    pub ready: bool,
    pub languages: Vec<String>,
    /// Where to hear a sample.
    #[schema(required = true)]
    pub preview_url: Option<String>,
    #[schema(format = DateTime)]
    pub created_at: String,
    /// What the voice was made from.
    #[schema(required = true, value_type = Option<Object>)]
    pub lineage: Option<Value>,
    /// What the voice may be used for; null where nobody told. A voice that was made has the strictest of those it stems from.
    #[schema(required = true)]
    pub licence: Option<Licence>,
}

/// The terms that a voice is under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Licence {
    /// SPDX's identifier where there is one.
    #[schema(example = "Apache-2.0")]
    pub id: String,
    pub commercial: CommercialUse,
}

/// Whether a licence allows commercial use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommercialUse {
    Yes,
    No,
    Unknown,
}

/// How a voice came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VoiceKind {
    Builtin,
    Cloned,
    Morphed,
    Trained,
}

/// A page of voices.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VoiceList {
    pub items: Vec<Voice>,
    /// `cursor` of the next page; null on the last one.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

/// The engines, in the shape of `OpenAI`'s list of models.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelList {
    #[schema(example = "list")]
    pub object: String,
    pub data: Vec<Model>,
}

/// An engine.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Model {
    #[schema(example = "kiskadee")]
    pub id: String,
    #[schema(example = "model")]
    pub object: String,
    /// Unix seconds.
    pub created: i64,
    pub owned_by: String,
    pub description: String,
    pub languages: Vec<String>,
    pub sample_rate: u32,
    /// What the quality profiles mean for this engine.
    pub quality_profiles: Vec<QualityProfile>,
}

/// What a quality profile means for an engine.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct QualityProfile {
    #[schema(example = "fast")]
    pub name: String,
    pub description: String,
}

/// The voices that can speak, as clients of `OpenAI`-like servers look for them.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AudioVoiceList {
    pub voices: Vec<AudioVoice>,
}

/// A voice in the list for such clients.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AudioVoice {
    /// What `voice` of a request names.
    pub id: String,
    #[schema(example = "audio.voice")]
    pub object: String,
    pub name: String,
    /// Unix seconds.
    pub created_at: i64,
    /// The engine that speaks with it.
    pub model: String,
    /// Empty: all that the engine speaks.
    pub languages: Vec<String>,
}
