//! What a value must be by itself, whatever is available here. An error is the sentence for the caller.

use std::ops::RangeInclusive;

use kiskadee_shared::{
    address::check_webhook_url,
    limits::{LANGUAGE_CHARS, VOICE_ID_CHARS},
};

/// Whether a value will do; if not, why.
pub type Check = Result<(), String>;

/// The name of a thing, or the id of one that may have a name. Whether it exists is the database's to say.
pub fn name(name: &str) -> Check {
    length(name, &VOICE_ID_CHARS)?;
    if name.chars().any(char::is_control) {
        return Err("must not contain control characters".to_owned());
    }
    Ok(())
}

/// A language tag by its form (BCP 47, as far as languages of voices go): `en`, `pt-BR`, `zh-Hant-TW`.
pub fn language(tag: &str) -> Check {
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

/// Where events shall be sent; to addresses that are not public only where the operator allows it.
pub fn webhook_url(url: &str, private_webhooks: bool) -> Check {
    check_webhook_url(url, private_webhooks)
        .map(drop)
        .map_err(|error| error.to_string())
}

/// The number of characters (Unicode scalar values) is in the range.
pub fn length(text: &str, range: &RangeInclusive<usize>) -> Check {
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

/// Postgres cannot store U+0000 in text.
pub fn storable(text: &str) -> Check {
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
    fn names_have_no_control_characters() {
        assert!(name("kiskadee-en").is_ok());
        assert!(name("a\0").is_err());
        assert!(name(&"x".repeat(65)).is_err());
    }
}
