//! The body of `OpenAI`'s speech route, in our own terms.

use std::ops::RangeInclusive;

use kiskadee_edge_kit::{
    FieldError,
    request::{Body, Fields},
};
use kiskadee_markup::TextFormat;
use kiskadee_shared::{
    format::{ResponseFormat, StreamFormat},
    limits::OPENAI_INPUT_CHARS,
    quality::QualityProfile,
};

use crate::{
    checks::{self, Check},
    request::{Item, measured},
};

const INSTRUCTIONS_CHARS: RangeInclusive<usize> = 0..=4096;
/// `OpenAI`'s names of models, and how much work each stands for. Behind them may stand the date of a version.
const MODELS: [(&str, QualityProfile); 3] = [
    ("tts-1", QualityProfile::Balanced),
    ("tts-1-hd", QualityProfile::High),
    ("gpt-4o-mini-tts", QualityProfile::High),
];

/// What a listener asks for, as far as it was well-formed.
#[derive(Debug, PartialEq)]
pub(super) struct LiveRequest {
    input: Option<String>,
    text_format: TextFormat,
    voice: Option<String>,
    language: Option<String>,
    engine: Option<String>,
    quality: QualityProfile,
    pub format: ResponseFormat,
    speed: f32,
    pub stream_format: StreamFormat,
}

impl LiveRequest {
    /// Reads the body; the errors are everything that is wrong with its form.
    pub(super) fn read(body: Body) -> (Self, Vec<FieldError>) {
        let mut fields = Fields::from(body);
        let model = fields.text("model", checks::name);
        let known = model.as_deref().and_then(known_model);
        let quality = known.unwrap_or_default();
        let engine = model.filter(|_| known.is_none());
        let text_format = fields.choice("text_format");
        fields.lacks("input");
        let input = fields.optional_text("input", |text| input(text, text_format));
        let voice = fields.text_or_id("voice", checks::name);
        let format = fields.optional_text("response_format", format);
        let format = format
            .and_then(|name| name.parse().ok())
            .unwrap_or(ResponseFormat::Mp3);
        let speed = fields
            .optional_number("speed", checks::speed)
            .unwrap_or(1.0) as f32;
        // Taken, for clients send them; no engine here can be told how to feel.
        fields.optional_text("instructions", |text| {
            checks::length(text, &INSTRUCTIONS_CHARS)
        });
        let stream_format = fields.choice("stream_format");
        let language = fields.optional_text("language", checks::language);
        let request = Self {
            input,
            text_format,
            voice,
            language,
            engine,
            quality,
            format,
            speed,
            stream_format,
        };
        (request, fields.finish_open())
    }

    pub(super) fn item(&self) -> Item<'_> {
        let (units, warnings) = measured(
            self.input.as_deref(),
            self.text_format,
            self.language.as_deref(),
            self.voice.as_deref(),
        );
        Item {
            text: self.input.as_deref(),
            text_format: self.text_format,
            units,
            voice_id: self.voice.as_deref(),
            language: self.language.as_deref(),
            tts_engine: self.engine.as_deref(),
            quality_profile: self.quality,
            response_format: self.format,
            speed: self.speed,
            timestamps: false,
            start_before: None,
            warnings,
        }
    }

    /// The codes of what its caller should know of the text, for a header; none where there is nothing.
    pub(super) fn warnings(&self) -> Option<String> {
        let mut codes: Vec<&str> = Vec::new();
        for warning in self.item().warnings {
            let code = warning.code.as_str();
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        (!codes.is_empty()).then(|| codes.join(", "))
    }

    /// What the text counts for.
    pub(super) fn characters(&self) -> usize {
        self.input
            .as_deref()
            .map_or(0, |input| input.chars().count())
    }
}

/// How much work one of `OpenAI`'s models stands for; none for other names.
pub(crate) fn known_model(name: &str) -> Option<QualityProfile> {
    let is_meant = |known: &str| name.strip_prefix(known).is_some_and(is_version);
    let known = MODELS.iter().find(|(known, _)| is_meant(known));
    known.map(|(_, quality)| *quality)
}

/// What may stand behind the name of a model: nothing, `-1106`, `-2025-12-15`, `-latest`.
fn is_version(rest: &str) -> bool {
    let is_date = |version: &str| {
        (4..=10).contains(&version.len())
            && version
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'-')
            && version.starts_with(|first: char| first.is_ascii_digit())
    };
    let version = rest.strip_prefix('-');
    rest.is_empty() || version.is_some_and(|version| version == "latest" || is_date(version))
}

fn input(text: &str, format: TextFormat) -> Check {
    checks::length(text, &OPENAI_INPUT_CHARS)?;
    checks::text(text, format)
}

fn format(name: &str) -> Check {
    name.parse::<ResponseFormat>()
        .map(drop)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(body: Value) -> (LiveRequest, Vec<FieldError>) {
        LiveRequest::read(serde_json::from_value(body).unwrap())
    }

    #[test]
    fn the_models_of_openai_stand_for_the_preferred_engine() {
        let (request, errors) = read(
            json!({"model": "tts-1-hd", "input": "Hi.", "voice": "alloy", "instructions": "Be glad."}),
        );
        assert!(errors.is_empty());
        let item = serde_json::to_value(request.item()).unwrap();
        assert_eq!(
            item,
            json!({"text": "Hi.", "units": 3, "voice_id": "alloy", "language": null, "tts_engine": null,
                "quality_profile": "high", "response_format": "mp3", "speed": 1.0})
        );
    }

    #[test]
    fn another_model_is_an_engine() {
        let (request, _) = read(
            json!({"model": "espeak", "input": "Hi.", "voice": "default", "response_format": "pcm"}),
        );
        assert_eq!(request.item().tts_engine, Some("espeak"));
        assert_eq!(request.format, ResponseFormat::Pcm);
    }

    #[test]
    fn names_of_models_may_have_a_date() {
        for (name, quality) in [
            ("tts-1-1106", Some(QualityProfile::Balanced)),
            ("tts-1-hd-1106", Some(QualityProfile::High)),
            ("gpt-4o-mini-tts-2025-12-15", Some(QualityProfile::High)),
            ("gpt-4o-mini-tts-latest", Some(QualityProfile::High)),
            ("tts-1-", None),
            ("tts-10", None),
            ("tts-1-hdx", None),
            ("tts-1-2024-xx", None),
            ("kiskadee", None),
        ] {
            assert_eq!(known_model(name), quality, "{name}");
        }
    }

    #[test]
    fn what_clients_send_beside_is_passed_over_and_voices_may_be_objects() {
        let (request, errors) = read(
            json!({"model": "gpt-4o-mini-tts-2025-12-15", "input": "Hi.",
            "voice": {"id": "heron"}, "stream": true, "user": "u-1", "metadata": {"a": [1]}}),
        );
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(request.item().voice_id, Some("heron"));
        assert_eq!(request.item().tts_engine, None);
    }

    #[test]
    fn every_bad_member_is_named() {
        let (_, errors) = read(
            json!({"input": "x".repeat(4097), "voice": {"name": "a"}, "response_format": "ogg",
            "stream_format": "raw", "speed": 5}),
        );
        let fields: Vec<_> = errors
            .iter()
            .filter_map(|error| error.field.as_deref())
            .collect();
        assert_eq!(
            fields,
            [
                "model",
                "input",
                "voice",
                "response_format",
                "speed",
                "stream_format"
            ]
        );
    }
}
