//! Voices that callers make.

use kiskadee_shared::{format::ResponseFormat, limits::RECORDINGS, quality::QualityProfile};
use serde::{Deserialize, Serialize};
use utoipa::{
    ToSchema,
    openapi::{
        Array, ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat,
        schema::{Object, Type},
    },
};

use super::{
    SpeechWarning,
    request::{names, text_format},
};

/// The form of recordings from which a voice is to be made.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct CloneForm {
    /// How the voice is called.
    #[schema(min_length = 1, max_length = 64, example = "Ana")]
    pub name: String,
    /// What it will speak.
    #[schema(
        min_length = 2,
        max_length = 16,
        pattern = "^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$",
        example = "en"
    )]
    pub language: String,
    /// Needed where there is no `upload_id`.
    #[serde(default)]
    #[schema(schema_with = recordings)]
    pub file: Vec<String>,
    /// Recordings that were uploaded before (`POST /api/v1/uploads`, family `speech`); they count after the files.
    #[serde(default)]
    #[schema(max_items = 8, pattern = "^upload_[0-9a-f]{32}$")]
    pub upload_id: Vec<String>,
    /// The engine; left out, the preferred one that can make voices.
    #[schema(min_length = 1, max_length = 64)]
    pub tts_engine: Option<String>,
    /// The words with which the speaker agreed; kept with the voice.
    #[schema(min_length = 1, max_length = 1000)]
    pub consent: Option<String>,
    /// Where to send an event when the job is over.
    #[schema(max_length = 2048, format = "uri")]
    pub webhook_url: Option<String>,
}

/// A voice that is being made.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloneAnswer {
    #[schema(pattern = "^job_[0-9a-f]{32}$")]
    pub job_id: String,
    pub status_url: String,
    /// Can be used once the job has ended.
    #[schema(pattern = "^voice_[0-9a-f]{32}$")]
    pub voice_id: String,
    /// The first recording.
    #[schema(pattern = "^rec_[0-9a-f]{32}$")]
    pub recording_id: String,
    /// All recordings in the order of the form, where there are several.
    #[schema(
        nullable = false,
        min_items = 2,
        max_items = 8,
        pattern = "^rec_[0-9a-f]{32}$"
    )]
    pub recording_ids: Option<Vec<String>>,
}

/// What a job made that took a voice from recordings.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloneResult {
    #[schema(pattern = "^voice_[0-9a-f]{32}$")]
    pub voice_id: String,
    /// How long the recordings sound together.
    pub duration_seconds: f64,
    /// The engine that can speak with the voice.
    pub engine: String,
}

/// A text to speak with a mix of voices.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MorphBody {
    /// The voices: 2 to 8, of one engine.
    #[schema(min_items = 2, max_items = 8)]
    pub voice_ids: Vec<String>,
    /// A weight for each voice: 0 or more, not all 0. Their sum is brought to 1.
    #[schema(min_items = 2, max_items = 8, example = json!([0.7, 0.3]))]
    pub weights: Vec<f64>,
    /// The text, in the format that `text_format` says.
    #[schema(
        min_length = 1,
        max_length = 5000,
        pattern = r"\S",
        example = "Good morning."
    )]
    pub text: String,
    /// What the marks in the text are, as for a single text.
    #[schema(schema_with = text_format)]
    pub text_format: Option<String>,
    /// A language tag.
    #[schema(
        min_length = 2,
        max_length = 16,
        pattern = "^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$",
        example = "en"
    )]
    pub language: String,
    /// Keeps the mix as a voice of this name.
    #[schema(min_length = 1, max_length = 64)]
    pub save_as: Option<String>,
    /// The engine of the voices; needs not be said.
    #[schema(min_length = 1, max_length = 64)]
    pub tts_engine: Option<String>,
    /// How much work to spend.
    #[schema(schema_with = quality_profile)]
    pub quality_profile: Option<String>,
    /// How to encode the audio.
    #[schema(schema_with = response_format)]
    pub response_format: Option<String>,
    /// The pace: 1 is the voices' own.
    #[schema(minimum = 0.25, maximum = 4.0, default = 1.0)]
    pub speed: Option<f64>,
    /// Also keep when each word is heard, where the engine knows it.
    #[schema(default = false)]
    pub timestamps: Option<bool>,
    /// Not begun by then, it ends as `expired`. In the future, and no further ahead than finished work is kept.
    #[schema(format = DateTime, example = "2030-01-01T12:00:00Z")]
    pub start_before: Option<String>,
    /// Where to send an event when the job is over.
    #[schema(max_length = 2048, format = "uri")]
    pub webhook_url: Option<String>,
}

/// A job that speaks with a mix.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MorphAnswer {
    #[schema(pattern = "^job_[0-9a-f]{32}$")]
    pub job_id: String,
    pub status_url: String,
    /// The voice that the mix was kept as, if it was.
    #[schema(nullable = false, pattern = "^voice_[0-9a-f]{32}$")]
    pub voice_id: Option<String>,
    /// As in the answer to a batch.
    #[schema(required = true)]
    pub estimated_time: Option<u32>,
    /// As in the answer to a single text.
    #[schema(nullable = false, max_items = 20)]
    pub warnings: Option<Vec<SpeechWarning>>,
}

/// A recording that the caller handed in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    #[schema(pattern = "^rec_[0-9a-f]{32}$")]
    pub recording_id: String,
    pub filename: String,
    pub bytes: u64,
    #[schema(format = DateTime)]
    pub created_at: String,
    /// The voices that came from it.
    pub voices: Vec<String>,
}

/// A page of recordings, the newest first.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordingList {
    pub items: Vec<Recording>,
    /// `cursor` of the next page; null on the last one.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

fn recordings() -> Array {
    let file = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
        .content_media_type("audio/*");
    ArrayBuilder::new()
        .items(file)
        .min_items(Some(*RECORDINGS.start()))
        .max_items(Some(*RECORDINGS.end()))
        .description(Some(
            "One recording or several of the same voice, each as a part of this name: wav, flac, mp3, ogg, m4a, webm, aiff, \
             caf, au, amr or wma, each of 3 to 60 s, together at most 300 s and 20 MiB.",
        ))
        .build()
}

fn quality_profile() -> Object {
    names(QualityProfile::NAMES, QualityProfile::default().as_str())
}

fn response_format() -> Object {
    names(ResponseFormat::NAMES, ResponseFormat::default().as_str())
}
