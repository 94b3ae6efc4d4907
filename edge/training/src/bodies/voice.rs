//! Checkpoints as voices, and speech with them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A checkpoint that is to be a voice.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadBody {
    #[schema(pattern = "^checkpoint_[0-9a-f]{32}$")]
    pub checkpoint_id: String,
    /// A trained voice, of which it becomes the next version.
    #[schema(nullable = false)]
    pub voice_id: Option<String>,
    /// What a new voice is called; its run's name where nothing is said.
    #[schema(nullable = false, min_length = 1, max_length = 100)]
    pub name: Option<String>,
    #[schema(nullable = false, default = true)]
    pub make_current: Option<bool>,
}

/// The voice is being made.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadAnswer {
    #[schema(pattern = "^job_[0-9a-f]{32}$")]
    pub job_id: String,
    pub status_url: String,
    pub voice_id: String,
}

/// What a job of the kind `training_load` made.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadResult {
    pub voice_id: String,
    /// Null where the voice was deleted meanwhile.
    #[schema(required = true)]
    pub version: Option<u32>,
    #[schema(required = true)]
    pub previous_version: Option<u32>,
    #[schema(required = true)]
    pub current: Option<bool>,
    /// How it sounded: `seconds`, `lufs`, `pitch` (Hz), `voiced_share`, and `sha256` of its weights.
    #[schema(value_type = Object)]
    pub audition: Value,
}

/// A version of a trained voice.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VoiceVersion {
    pub version: u32,
    pub current: bool,
    pub bytes: u64,
    #[schema(pattern = "^checkpoint_[0-9a-f]{32}$")]
    pub checkpoint_id: String,
    #[schema(pattern = "^dataset_[0-9a-f]{32}$")]
    pub dataset_id: String,
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// All versions of a trained voice.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VoiceVersionList {
    pub voice_id: String,
    pub items: Vec<VoiceVersion>,
}

/// A version that is to be current.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RollbackBody {
    #[schema(minimum = 1, maximum = 999_999)]
    pub version: u32,
}

/// The version that is current now.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RollbackAnswer {
    pub voice_id: String,
    pub version: u32,
    pub previous_version: u32,
}

/// A text to be spoken with a checkpoint.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SynthesizeBody {
    #[schema(nullable = false, pattern = "^checkpoint_[0-9a-f]{32}$")]
    pub checkpoint_id: Option<String>,
    /// A run, whose best checkpoint speaks; not beside `checkpoint_id`.
    #[schema(nullable = false, pattern = "^run_[0-9a-f]{32}$")]
    pub run_id: Option<String>,
    #[schema(min_length = 1, max_length = 5000)]
    pub text: String,
    /// That of the dataset where nothing is said.
    #[schema(nullable = false)]
    pub language: Option<String>,
    /// The embedded voice says the same thing the same way, whatever the seed.
    #[schema(nullable = false, minimum = 0, maximum = 2_147_483_647)]
    pub seed: Option<u32>,
    #[schema(nullable = false, minimum = 0.25, maximum = 4, default = 1)]
    pub speed: Option<f64>,
    #[schema(nullable = false, example = "wav")]
    pub response_format: Option<String>,
    /// Not known here yet: load the checkpoint as a voice to stream with it.
    #[schema(nullable = false, default = false)]
    pub stream: Option<bool>,
}

/// The text is being spoken.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SynthesizeAnswer {
    #[schema(pattern = "^job_[0-9a-f]{32}$")]
    pub job_id: String,
    pub status_url: String,
    pub audio_url: String,
    /// The checkpoint that speaks.
    pub voice: String,
}
