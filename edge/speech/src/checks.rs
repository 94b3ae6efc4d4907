//! What a value must be by itself, whatever is available here. An error is the sentence for the caller.

use std::ops::RangeInclusive;

use kiskadee_shared::limits::{LANGUAGE_CHARS, SPEED, TEXT_CHARS, VOICE_ID_CHARS};
use kiskadee_ssml::{is_ssml, parse};

pub(crate) type Check = Result<(), String>;

/// A text to speak, plain or in SSML.
pub(crate) fn text(text: &str) -> Check {
    length(text, &TEXT_CHARS)?;
    if text.chars().all(char::is_whitespace) {
        return Err("has nothing to speak: it is only white space".to_owned());
    }
    no_null(text)?;
    ssml(text)
}

/// A text that begins as SSML must be read as such.
fn ssml(text: &str) -> Check {
    if !is_ssml(text) {
        return Ok(());
    }
    parse(text)
        .map(drop)
        .map_err(|error| format!("begins as SSML and cannot be read: {error}"))
}

/// The id of a voice, or the name of an engine. Whether it exists is the database's to say.
pub(crate) fn name(name: &str) -> Check {
    length(name, &VOICE_ID_CHARS)?;
    if name.chars().any(char::is_control) {
        return Err("must not contain control characters".to_owned());
    }
    Ok(())
}

/// A language tag by its form (BCP 47, as far as languages of voices go): `en`, `pt-BR`, `zh-Hant-TW`.
pub(crate) fn language(tag: &str) -> Check {
    let mut parts = tag.split(['-', '_']);
    let primary = parts.next().unwrap_or_default();
    let is_tag = LANGUAGE_CHARS.contains(&tag.len())
        && (2..=8).contains(&primary.len())
        && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
    if is_tag {
        Ok(())
    } else {
        Err("must be a language tag such as `en` or `pt-BR`".to_owned())
    }
}

pub(crate) fn speed(speed: f64) -> Check {
    let (least, most) = (f64::from(*SPEED.start()), f64::from(*SPEED.end()));
    if (least..=most).contains(&speed) {
        Ok(())
    } else {
        Err(format!("must be {least} to {most}, found {speed}"))
    }
}

/// The share of a voice in a mix.
pub(crate) fn weight(weight: f64) -> Check {
    if weight.is_finite() && (0.0..=1e6).contains(&weight) {
        Ok(())
    } else {
        Err(format!("must be 0 or more, found {weight}"))
    }
}

/// The number of characters (Unicode scalar values) is in the range.
pub(crate) fn length(text: &str, range: &RangeInclusive<usize>) -> Check {
    let found = text.chars().count();
    if range.contains(&found) {
        return Ok(());
    }
    Err(format!(
        "must have {} to {} characters, found {found}",
        range.start(),
        range.end()
    ))
}

/// Postgres cannot store U+0000 in text, and nobody can speak it.
fn no_null(text: &str) -> Check {
    if text.contains('\0') {
        Err("contains the character U+0000".to_owned())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_counted_in_characters() {
        assert_eq!(text(&"ü".repeat(5000)), Ok(()));
        assert_eq!(
            text(&"ü".repeat(5001)),
            Err("must have 1 to 5000 characters, found 5001".to_owned())
        );
        assert_eq!(
            text(""),
            Err("must have 1 to 5000 characters, found 0".to_owned())
        );
    }

    #[test]
    fn a_text_must_have_something_to_speak() {
        assert!(text(" \t\n\u{3000}").unwrap_err().contains("white space"));
        assert!(text("a\0b").unwrap_err().contains("U+0000"));
        assert_eq!(text(" a "), Ok(()));
    }

    #[test]
    fn faults_of_ssml_have_their_place() {
        assert_eq!(text("<speak>Hi<break time=\"1s\"/></speak>"), Ok(()));
        assert_eq!(text("a < b & c"), Ok(()));
        let error = text("<speak>\n<b>Hi</b></speak>").unwrap_err();
        assert!(error.starts_with(
            "begins as SSML and cannot be read: line 2, column 1: unknown element <b>"
        ));
    }

    #[test]
    fn language_tags_are_taken_by_form() {
        for tag in ["en", "pt-BR", "pt_br", "zh-Hant-TW", "cmn", "en-us-x-rp"] {
            assert_eq!(language(tag), Ok(()), "{tag}");
        }
        for tag in [
            "",
            "e",
            "english language",
            "en-",
            "-en",
            "en--us",
            "e1",
            "ｅｎ",
            "en\0",
            "abcdefghijklmnopq",
        ] {
            assert!(language(tag).is_err(), "{tag}");
        }
    }

    #[test]
    fn speed_has_bounds() {
        assert!(speed(0.25).is_ok() && speed(4.0).is_ok());
        assert_eq!(speed(4.01), Err("must be 0.25 to 4, found 4.01".to_owned()));
        assert!(speed(f64::NAN).is_err());
    }

    #[test]
    fn names_have_no_control_characters() {
        assert!(name("kiskadee-en").is_ok());
        assert!(name("a\0").is_err());
        assert!(name(&"x".repeat(65)).is_err());
    }
}
