//! What a value of speech must be by itself, beside what the kit checks. An error is the sentence for the caller.

use kiskadee_edge_kit::request::checks::storable;
pub(crate) use kiskadee_edge_kit::request::checks::{Check, language, length, name, webhook_url};
use kiskadee_markup::{TextFormat, is_ssml};
use kiskadee_shared::limits::{SPEED, TEXT_CHARS};
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// A text to speak in this format.
pub(crate) fn text(text: &str, format: TextFormat) -> Check {
    length(text, &TEXT_CHARS)?;
    if text.chars().all(char::is_whitespace) {
        return Err("has nothing to speak: it is only white space".to_owned());
    }
    storable(text)?;
    ssml(text, format)
}

/// A text that is SSML, or begins as such, must be read so; marks of other formats have no faults.
fn ssml(text: &str, format: TextFormat) -> Check {
    let begins = match format {
        TextFormat::Auto | TextFormat::Ssml if is_ssml(text) => "begins as SSML and",
        TextFormat::Ssml => "is to be SSML and",
        _ => return Ok(()),
    };
    kiskadee_markup::read(text, format, "en")
        .map(drop)
        .map_err(|error| format!("{begins} cannot be read: {error}"))
}

pub(crate) fn speed(speed: f64) -> Check {
    let (least, most) = (f64::from(*SPEED.start()), f64::from(*SPEED.end()));
    if (least..=most).contains(&speed) {
        Ok(())
    } else {
        Err(format!("must be {least} to {most}, found {speed}"))
    }
}

/// The time by which a job must have begun. Whether it lies ahead, and not too far, the database judges by its own clock.
pub(crate) fn start_before(time: &str) -> Check {
    in_utc(time)
        .map(drop)
        .ok_or_else(|| "must be a time after RFC 3339, such as `2026-11-20T22:10:03Z`".to_owned())
}

/// A time after RFC 3339 as every reader takes it; none where it is no such time, or in no year of ours.
pub(crate) fn in_utc(time: &str) -> Option<String> {
    let time = OffsetDateTime::parse(time, &Rfc3339).ok()?;
    let time = time.checked_to_offset(UtcOffset::UTC)?;
    (1970..9999).contains(&time.year()).then_some(())?;
    time.format(&Rfc3339).ok()
}

/// The share of a voice in a mix.
pub(crate) fn weight(weight: f64) -> Check {
    if weight.is_finite() && (0.0..=1e6).contains(&weight) {
        Ok(())
    } else {
        Err(format!("must be 0 or more, found {weight}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(written: &str) -> Check {
        super::text(written, TextFormat::Auto)
    }

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
        assert_eq!(text("<speak>\n<b>Hi</b></speak>"), Ok(()));
        assert_eq!(
            text("<speak>\nHi</p></speak>"),
            Err("begins as SSML and cannot be read: line 2, column 3: </p> closes nothing: open it before, or leave it out".to_owned())
        );
        let ssml = super::text("Hi", TextFormat::Ssml).unwrap_err();
        assert!(
            ssml.starts_with("is to be SSML and cannot be read: line 1, column 1:"),
            "{ssml}"
        );
        assert_eq!(super::text("<speak>", TextFormat::Plain), Ok(()));
    }

    #[test]
    fn speed_has_bounds() {
        assert!(speed(0.25).is_ok() && speed(4.0).is_ok());
        assert_eq!(speed(4.01), Err("must be 0.25 to 4, found 4.01".to_owned()));
        assert!(speed(f64::NAN).is_err());
    }
}
