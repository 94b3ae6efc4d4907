//! What callers send.

use kiskadee_shared::{
    format::{ResponseFormat, StreamFormat},
    quality::QualityProfile,
    text_format::TextFormat,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{
    ToSchema,
    openapi::schema::{Object, ObjectBuilder, OneOfBuilder, Schema, Type},
};

/// Texts to speak, all with the same settings.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchBody {
    /// The texts: 1 to 100, each of 1 to 5000 characters and not only white space.
    #[schema(min_items = 1, max_items = 100, example = json!(["Good morning.", "Good night."]))]
    pub texts: Vec<String>,
    /// What the marks in the texts are. `auto` reads SSML where a text begins as such, and else leaves out the marks of Markdown and
    /// HTML that are plain to see; in `plain` every sign means itself.
    #[schema(schema_with = text_format)]
    pub text_format: Option<String>,
    /// A voice's id, or `default` for the engine's own choice.
    #[schema(min_length = 1, max_length = 64, example = "default")]
    pub voice_id: String,
    /// A language tag.
    #[schema(
        min_length = 2,
        max_length = 16,
        pattern = "^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$",
        example = "en"
    )]
    pub language: String,
    /// The engine; left out, the voice or the language decides.
    #[schema(min_length = 1, max_length = 64, example = "kiskadee")]
    pub tts_engine: Option<String>,
    /// How much work to spend.
    #[schema(schema_with = quality_profile)]
    pub quality_profile: Option<String>,
    /// How to encode the audio.
    #[schema(schema_with = response_format)]
    pub response_format: Option<String>,
    /// What has not begun by then ends as `expired`. In the future, and no further ahead than finished work is kept.
    #[schema(format = DateTime, example = "2030-01-01T12:00:00Z")]
    pub start_before: Option<String>,
    /// Where to send an event when the batch is over.
    #[schema(
        max_length = 2048,
        format = "uri",
        example = "https://example.com/hooks/speech"
    )]
    pub webhook_url: Option<String>,
}

/// One text to speak.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpeechBody {
    /// The text, in the format that `text_format` says.
    #[schema(
        min_length = 1,
        max_length = 5000,
        pattern = r"\S",
        example = "Good morning."
    )]
    pub text: String,
    /// What the marks in the text are. `auto` reads SSML where the text begins as such, and else leaves out the marks of Markdown and
    /// HTML that are plain to see; in `plain` every sign means itself.
    #[schema(schema_with = text_format)]
    pub text_format: Option<String>,
    /// A voice's id, or `default` for the engine's own choice.
    #[schema(min_length = 1, max_length = 64, example = "default")]
    pub voice_id: String,
    /// A language tag.
    #[schema(
        min_length = 2,
        max_length = 16,
        pattern = "^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$",
        example = "en"
    )]
    pub language: String,
    /// The engine; left out, the voice or the language decides.
    #[schema(min_length = 1, max_length = 64, example = "kiskadee")]
    pub tts_engine: Option<String>,
    /// How much work to spend.
    #[schema(schema_with = quality_profile)]
    pub quality_profile: Option<String>,
    /// How to encode the audio.
    #[schema(schema_with = response_format)]
    pub response_format: Option<String>,
    /// The pace: 1 is the voice's own.
    #[schema(minimum = 0.25, maximum = 4.0, default = 1.0)]
    pub speed: Option<f64>,
    /// Also keep when each word is heard, where the engine knows it.
    #[schema(default = false)]
    pub timestamps: Option<bool>,
    /// Not begun by then, it ends as `expired`. In the future, and no further ahead than finished work is kept.
    #[schema(format = DateTime, example = "2030-01-01T12:00:00Z")]
    pub start_before: Option<String>,
    /// Where to send an event when the job is over.
    #[schema(
        max_length = 2048,
        format = "uri",
        example = "https://example.com/hooks/speech"
    )]
    pub webhook_url: Option<String>,
}

/// One text to speak to a listener, in the shape of `OpenAI`'s API.
///
/// Other members that clients send are passed over.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct LiveSpeechBody {
    /// An engine, or one of `OpenAI`'s models, with or without a date, for the preferred engine here.
    #[schema(min_length = 1, max_length = 64, example = "tts-1")]
    pub model: String,
    /// The text, in the format that `text_format` says.
    #[schema(
        min_length = 1,
        max_length = 4096,
        pattern = r"\S",
        example = "Good morning."
    )]
    pub input: String,
    /// Beyond `OpenAI`'s API: what the marks in the text are. `auto` reads SSML where the text begins as such, and else leaves out the marks of Markdown and
    /// HTML that are plain to see; in `plain` every sign means itself.
    #[schema(schema_with = text_format)]
    pub text_format: Option<String>,
    /// A voice's id, `default`, or one of `OpenAI`'s voices for a built-in one; or an object with it as `id`.
    #[schema(schema_with = voice)]
    pub voice: Value,
    /// How to encode the audio.
    #[schema(schema_with = live_format)]
    pub response_format: Option<String>,
    /// The pace: 1 is the voice's own.
    #[schema(minimum = 0.25, maximum = 4.0, default = 1.0)]
    pub speed: Option<f64>,
    /// How to speak. Accepted for clients that send it; no engine here follows it yet.
    #[schema(max_length = 4096)]
    pub instructions: Option<String>,
    /// The bytes of the audio as they are, or in server-sent events.
    #[schema(schema_with = stream_format)]
    pub stream_format: Option<String>,
    /// A language tag; left out, the voice's own language, or English.
    #[schema(
        min_length = 2,
        max_length = 16,
        pattern = "^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$",
        example = "en"
    )]
    pub language: Option<String>,
}

/// The form of an uploaded file.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct CsvUpload {
    /// The CSV, or a workbook (.xlsx).
    #[schema(format = Binary, content_media_type = "text/csv")]
    pub file: String,
    /// What has not begun by then ends as `expired`. In the future, and no further ahead than finished work is kept.
    #[schema(format = DateTime)]
    pub start_before: Option<String>,
    /// Where to send an event when the batch is over.
    #[schema(max_length = 2048, format = "uri")]
    pub webhook_url: Option<String>,
}

fn voice() -> Schema {
    let id = || {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(64))
    };
    let object = ObjectBuilder::new().property("id", id()).required("id");
    OneOfBuilder::new()
        .item(id())
        .item(object)
        .examples(["alloy"])
        .build()
        .into()
}

fn quality_profile() -> Object {
    names(QualityProfile::NAMES, QualityProfile::default().as_str())
}

fn response_format() -> Object {
    names(ResponseFormat::NAMES, ResponseFormat::default().as_str())
}

fn live_format() -> Object {
    names(ResponseFormat::NAMES, ResponseFormat::Mp3.as_str())
}

fn stream_format() -> Object {
    names(StreamFormat::NAMES, StreamFormat::default().as_str())
}

pub(super) fn text_format() -> Object {
    names(TextFormat::NAMES, TextFormat::default().as_str())
}

pub(super) fn names(names: &[&str], default: &str) -> Object {
    let values = names.iter().copied();
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(values))
        .default(Some(default.into()))
        .build()
}
