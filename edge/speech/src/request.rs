//! What a caller asks to be spoken, read from JSON, and the items that the database takes.

use kiskadee_edge_kit::{
    FieldError,
    request::{Body, Fields},
};
use kiskadee_markup::{TextFormat, Warning};
use kiskadee_shared::{format::ResponseFormat, limits::BATCH_TEXTS, quality::QualityProfile};
use serde::Serialize;

use crate::{checks, units::units};

pub(crate) const START_BEFORE: &str = "start_before";

/// One text with its settings, as `speech.plan` reads it. What was ill-formed is null there.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Item<'a> {
    pub text: Option<&'a str>,
    #[serde(skip_serializing_if = "TextFormat::is_auto")]
    pub text_format: TextFormat,
    /// How much it will sound.
    pub units: u32,
    pub voice_id: Option<&'a str>,
    pub language: Option<&'a str>,
    pub tts_engine: Option<&'a str>,
    pub quality_profile: QualityProfile,
    pub response_format: ResponseFormat,
    pub speed: f32,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub timestamps: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_before: Option<&'a str>,
    /// What the caller should know of the text; it goes with the job.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

/// A batch, as far as it was well-formed.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct BatchRequest {
    texts: Vec<Option<String>>,
    settings: Settings,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_before: Option<String>,
    pub webhook_url: Option<String>,
}

/// A single speech, as far as it was well-formed.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct SpeechRequest {
    text: Option<String>,
    settings: Settings,
    speed: f32,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    timestamps: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_before: Option<String>,
    pub webhook_url: Option<String>,
}

#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Settings {
    voice_id: Option<String>,
    language: Option<String>,
    tts_engine: Option<String>,
    quality_profile: QualityProfile,
    response_format: ResponseFormat,
    #[serde(skip_serializing_if = "TextFormat::is_auto")]
    text_format: TextFormat,
}

impl BatchRequest {
    /// Reads the body; the errors are everything that is wrong with its form.
    pub(crate) fn read(body: Body, private_webhooks: bool) -> (Self, Vec<FieldError>) {
        let mut fields = Fields::from(body);
        let settings = Settings::read(&mut fields);
        let texts = texts(&mut fields, settings.text_format);
        let start_before = fields
            .optional_text(START_BEFORE, checks::start_before)
            .and_then(|time| checks::in_utc(&time));
        let webhook_url = webhook_url(&mut fields, private_webhooks);
        (
            Self {
                texts,
                settings,
                start_before,
                webhook_url,
            },
            fields.finish(),
        )
    }

    pub(crate) fn items(&self) -> Vec<Item<'_>> {
        self.texts
            .iter()
            .map(|text| Item {
                start_before: self.start_before.as_deref(),
                ..self.settings.item(text.as_deref(), 1.0)
            })
            .collect()
    }
}

impl SpeechRequest {
    /// Reads the body; the errors are everything that is wrong with its form.
    pub(crate) fn read(body: Body, private_webhooks: bool) -> (Self, Vec<FieldError>) {
        let mut fields = Fields::from(body);
        let settings = Settings::read(&mut fields);
        let request = Self::with(settings, &mut fields, private_webhooks);
        (request, fields.finish())
    }

    /// The rest of a request whose settings have been read.
    pub(crate) fn with(settings: Settings, fields: &mut Fields, private_webhooks: bool) -> Self {
        Self {
            text: text(fields, "text", settings.text_format),
            settings,
            speed: fields
                .optional_number("speed", checks::speed)
                .unwrap_or(1.0) as f32,
            timestamps: fields.switch("timestamps"),
            start_before: fields
                .optional_text(START_BEFORE, checks::start_before)
                .and_then(|time| checks::in_utc(&time)),
            webhook_url: webhook_url(fields, private_webhooks),
        }
    }

    pub(crate) fn item(&self) -> Item<'_> {
        Item {
            timestamps: self.timestamps,
            start_before: self.start_before.as_deref(),
            ..self.settings.item(self.text.as_deref(), self.speed)
        }
    }
}

impl Settings {
    fn read(fields: &mut Fields) -> Self {
        Self {
            voice_id: fields.text("voice_id", checks::name),
            ..Self::of_mix(fields)
        }
    }

    /// The settings of a request that says by other means who speaks.
    pub(crate) fn of_mix(fields: &mut Fields) -> Self {
        Self {
            voice_id: None,
            language: fields.text("language", checks::language),
            tts_engine: fields.optional_text("tts_engine", checks::name),
            quality_profile: fields.choice("quality_profile"),
            response_format: fields.choice("response_format"),
            text_format: fields.choice("text_format"),
        }
    }

    fn item<'a>(&'a self, text: Option<&'a str>, speed: f32) -> Item<'a> {
        let (units, warnings) = measured(
            text,
            self.text_format,
            self.language.as_deref(),
            self.voice_id.as_deref(),
        );
        Item {
            text,
            text_format: self.text_format,
            units,
            voice_id: self.voice_id.as_deref(),
            language: self.language.as_deref(),
            tts_engine: self.tts_engine.as_deref(),
            quality_profile: self.quality_profile,
            response_format: self.response_format,
            speed,
            timestamps: false,
            start_before: None,
            warnings,
        }
    }
}

/// The units of a text, as in English where no language is said, and what its caller should know of it.
pub(crate) fn measured(
    text: Option<&str>,
    format: TextFormat,
    language: Option<&str>,
    voice: Option<&str>,
) -> (u32, Vec<Warning>) {
    let language = language.unwrap_or("en");
    let document = text.and_then(|text| kiskadee_markup::read(text, format, language).ok());
    document.map_or_else(Default::default, |document| {
        (
            units(&document, language),
            document.warnings_for(voice.unwrap_or_default()),
        )
    })
}

/// A text that must be there, in its format.
pub(crate) fn text(fields: &mut Fields, name: &str, format: TextFormat) -> Option<String> {
    fields.lacks(name);
    fields.optional_text(name, |text| checks::text(text, format))
}

/// The texts, or one empty place when their number is wrong, so that the settings are still judged.
fn texts(fields: &mut Fields, format: TextFormat) -> Vec<Option<String>> {
    let texts = fields.texts("texts", |text| checks::text(text, format));
    if BATCH_TEXTS.contains(&texts.len()) {
        return texts;
    }
    if !fields.has_error("texts") || !texts.is_empty() {
        let (least, most) = (BATCH_TEXTS.start(), BATCH_TEXTS.end());
        fields.note(FieldError::new(
            "texts",
            format!("must have {least} to {most} items, found {}", texts.len()),
        ));
    }
    vec![None]
}

fn webhook_url(fields: &mut Fields, private_webhooks: bool) -> Option<String> {
    fields.optional_text("webhook_url", |url| {
        checks::webhook_url(url, private_webhooks)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn batch(body: Value) -> (BatchRequest, Vec<FieldError>) {
        BatchRequest::read(serde_json::from_value(body).unwrap(), false)
    }

    #[test]
    fn a_batch_becomes_items() {
        let (request, errors) =
            batch(json!({"texts": ["a", "b"], "voice_id": "default", "language": "en"}));
        assert!(errors.is_empty());
        let items = serde_json::to_value(request.items()).unwrap();
        assert_eq!(
            items[1],
            json!({"text": "b", "units": 4, "voice_id": "default", "language": "en", "tts_engine": null,
                "quality_profile": "balanced", "response_format": "wav", "speed": 1.0})
        );
    }

    #[test]
    fn the_number_of_texts_is_bounded() {
        for (texts, said) in [(vec![], 0), (vec!["a"; 101], 101)] {
            let (request, errors) =
                batch(json!({"texts": texts, "voice_id": "default", "language": "en"}));
            assert_eq!(
                errors,
                [FieldError::new(
                    "texts",
                    format!("must have 1 to 100 items, found {said}")
                )]
            );
            assert_eq!(request.items().len(), 1);
        }
    }

    #[test]
    fn missing_texts_are_named_once() {
        let (_, errors) = batch(
            json!({"voice_id": "default", "language": "en", "webhook_url": "https://localhost/"}),
        );
        let fields: Vec<_> = errors
            .iter()
            .filter_map(|error| error.field.as_deref())
            .collect();
        assert_eq!(fields, ["texts", "webhook_url"]);
    }

    #[test]
    fn a_single_speech_has_a_speed() {
        let body = json!({"text": "a", "voice_id": "v", "language": "de", "speed": 1.25, "response_format": "mp3"});
        let (request, errors) = SpeechRequest::read(serde_json::from_value(body).unwrap(), false);
        assert!(errors.is_empty());
        assert!((request.item().speed - 1.25).abs() < f32::EPSILON);
        assert_eq!(request.item().response_format, ResponseFormat::Mp3);
    }

    #[test]
    fn a_latest_start_goes_with_every_text() {
        let with = |time: &str| {
            batch(
                json!({"texts": ["a", "b"], "voice_id": "v", "language": "de", "start_before": time}),
            )
        };
        let (request, errors) = with("2026-11-20T22:10:03.5+01:00");
        assert!(errors.is_empty());
        let items = serde_json::to_value(request.items()).unwrap();
        assert_eq!(items[1]["start_before"], "2026-11-20T21:10:03.5Z");
        for time in [
            "tomorrow",
            "2026-11-20",
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59-01:00",
        ] {
            let (_, errors) = with(time);
            assert_eq!(errors.len(), 1, "{time}");
            assert_eq!(errors[0].field.as_deref(), Some("start_before"), "{time}");
        }
    }

    #[test]
    fn a_batch_has_no_speed() {
        let (_, errors) =
            batch(json!({"texts": ["a"], "voice_id": "v", "language": "de", "speed": 1}));
        assert_eq!(
            errors,
            [FieldError::new("speed", "is not a field of this request")]
        );
    }
}
