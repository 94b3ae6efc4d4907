//! How a text will be spoken, before anything is: its sentences, their words, and each word's phones.

use std::sync::OnceLock;

use kiskadee_edge_kit::{
    Caller, Class, FieldError, Json, Problem, Reply, caller_sql,
    database::{Answer, call},
    log,
    openapi::{Protected, WithBody},
    request::{
        Body, Fields,
        faults::{in_body, malformed},
    },
};
use kiskadee_pronunciation::{Pronouncer, is_readable};
use kiskadee_shared::limits::SPEECH_BODY_BYTES;
use kiskadee_text::{Dictionary, Entry, Language, TextFormat};
use serde::Deserialize;

use crate::{
    bodies::{ReadAnswer, ReadBody},
    checks,
    request::text,
};

const PRONUNCIATIONS: &str = caller_sql!(
    "api.pronunciations_of_text",
    "$5::text, $6::text, $7::jsonb"
);

/// See how a text will be spoken
///
/// The words that the embedded engine says for numbers, dates, signs and abbreviations, with the phones of each, by the caller's
/// dictionary; nothing is spoken and nothing is kept. What is not said as it should be is put right by
/// `POST /api/v1/pronunciations`. Other languages than English and Portuguese are read by the engines that speak them.
#[utoipa::path(
    post, path = "/api/v1/text/read", tag = "Speech",
    request_body = ReadBody,
    responses((status = 200, description = "The text as it will be spoken", body = ReadAnswer), Protected, WithBody),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn read_text(caller: Caller, Json(body): Json<Body, SPEECH_BODY_BYTES>) -> Reply {
    let mut fields = Fields::from(body);
    let format = fields.choice("text_format");
    let text = text(&mut fields, "text", format);
    let tag = fields.text("language", language);
    let errors = fields.finish();
    let arguments = [tag.clone().into(), text.clone().into(), malformed(&errors)?];
    let answer = call(PRONUNCIATIONS, &caller, Class::Read, arguments).await?;
    match (text, tag.as_deref().and_then(Language::from_tag)) {
        (Some(text), Some(language)) if answer.is_success() => Ok(Answer {
            body: Some(reading(&text, format, language, &dictionary(&answer)?)?),
            ..answer
        }),
        _ => Ok(in_body(answer)),
    }
}

/// A language that is read here and not by its engine.
fn language(tag: &str) -> checks::Check {
    checks::language(tag)?;
    match Language::from_tag(tag) {
        Some(_) => Ok(()),
        None => Err(format!(
            "must be en or pt, whatever the region: `{tag}` is read by the engine that speaks it"
        )),
    }
}

/// What the database told of the caller's dictionary.
fn dictionary(answer: &Answer) -> Result<Dictionary, Problem> {
    #[derive(Deserialize)]
    struct Told {
        pronunciations: Vec<Pronounced>,
    }
    #[derive(Deserialize)]
    struct Pronounced {
        word: String,
        phonemes: Option<String>,
        alias: Option<String>,
    }
    let body = answer.body.as_deref().unwrap_or_default();
    let told: Told = serde_json::from_str(body).map_err(|error| unexpected(&error))?;
    let entries = told.pronunciations.into_iter().filter_map(|entry| {
        let phones = entry.phonemes.map(Entry::Pronounced);
        Some((entry.word, phones.or(entry.alias.map(Entry::Alias))?))
    });
    Ok(Dictionary::new(entries))
}

fn reading(
    text: &str,
    format: TextFormat,
    language: Language,
    dictionary: &Dictionary,
) -> Result<String, Problem> {
    let readable = |phones: &str| is_readable(language, phones);
    let sentences = kiskadee_text::read(text, format, language, dictionary, readable)
        .map_err(|error| Problem::validation(&[FieldError::new("text", error.to_string())]))?;
    let answer = ReadAnswer {
        language: language.tag(),
        sentences: pronouncer(language)?
            .reading(text, &sentences)
            .map_err(|error| unexpected(&error))?,
    };
    serde_json::to_string(&answer).map_err(|error| unexpected(&error))
}

/// Loaded once for an instance.
fn pronouncer(language: Language) -> Result<&'static Pronouncer, Problem> {
    static ENGLISH: OnceLock<Pronouncer> = OnceLock::new();
    static PORTUGUESE: OnceLock<Pronouncer> = OnceLock::new();
    let place = match language {
        Language::English => &ENGLISH,
        Language::Portuguese => &PORTUGUESE,
    };
    if let Some(loaded) = place.get() {
        return Ok(loaded);
    }
    let loaded = Pronouncer::built_in(language).map_err(|error| unexpected(&error))?;
    Ok(place.get_or_init(|| loaded))
}

fn unexpected(cause: &dyn std::fmt::Display) -> Problem {
    log::error("a text could not be read", cause);
    Problem::internal()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_text_is_read_by_the_dictionary() {
        let told = json!({"pronunciations": [{"word": "SQL", "alias": "sequel"}]});
        let answer = Answer {
            body: Some(told.to_string()),
            ..Answer::default()
        };
        let dictionary = dictionary(&answer).unwrap();
        let read = reading(
            "It holds 21 SQL.",
            TextFormat::Auto,
            Language::English,
            &dictionary,
        )
        .unwrap();
        let read: Value = serde_json::from_str(&read).unwrap();
        assert_eq!(read["sentences"][0]["spoken"], "it holds twenty one sequel");
        assert_eq!(read["sentences"][0]["words"][1]["ipa"], "hoʊldz");
    }

    #[test]
    fn other_languages_are_told_to_be_read_elsewhere() {
        assert_eq!(language("pt-BR"), Ok(()));
        let refused = language("de").unwrap_err();
        assert!(refused.starts_with("must be en or pt"), "{refused}");
        assert!(language("x").is_err());
    }
}
