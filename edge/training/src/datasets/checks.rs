//! What the members of requests must be.

use std::{ops::RangeInclusive, str::FromStr};

use kiskadee_edge_kit::{
    FieldError,
    request::{
        Fields,
        checks::{Check, length, storable},
    },
};
use kiskadee_shared::limits::{CONSENT_CHARS, DATASET_NAME_CHARS, SEGMENT_TEXT_CHARS};
use uuid::Uuid;

/// Older clients send a folder, of which the last part is the name.
const REFERENCE_CHARS: RangeInclusive<usize> = 1..=256;

/// The id or the name of a dataset, or a folder of that name.
pub(super) fn reference(text: &str) -> Check {
    length(text, &REFERENCE_CHARS)?;
    storable(text)
}

/// How a dataset may be called: so that no name can be taken for a folder or an id.
pub(super) fn name(name: &str) -> Check {
    length(name, &DATASET_NAME_CHARS)?;
    if name.trim() != name {
        return Err("must not begin or end with a space".to_owned());
    }
    if name.contains(['/', '\\']) || name.chars().any(char::is_control) {
        return Err("must not contain slashes or control characters".to_owned());
    }
    if matches!(name, "." | "..") || name.starts_with("dataset_") {
        return Err("must not be `.` or `..`, or begin as ids do (`dataset_`)".to_owned());
    }
    Ok(())
}

pub(super) fn consent(statement: &str) -> Check {
    length(statement, &CONSENT_CHARS)?;
    storable(statement)
}

pub(super) fn rights(name: &str) -> Check {
    one_of(name, &["own", "licensed", "public_domain"])
}

/// Words with a letter or a figure in them.
pub(super) fn words(text: &str) -> Check {
    length(text, &SEGMENT_TEXT_CHARS)?;
    storable(text)?;
    if text.contains(char::is_alphanumeric) {
        return Ok(());
    }
    Err("must have a letter or a figure".to_owned())
}

pub(super) fn one_of(name: &str, names: &[&str]) -> Check {
    if names.contains(&name) {
        return Ok(());
    }
    Err(format!("`{name}` is not one of {}", names.join(", ")))
}

/// A number of a range, or what is taken where it is left out.
pub(super) fn bounded(
    fields: &mut Fields,
    name: &str,
    range: RangeInclusive<f64>,
    default: f64,
) -> f64 {
    let Some(number) = fields.optional_number(name, |_| Ok(())) else {
        return default;
    };
    if !range.contains(&number) {
        let (least, most) = (range.start(), range.end());
        let message = format!("must be from {least} to {most}, found {number}");
        fields.note(FieldError::new(name, message));
    }
    number
}

/// An id, as the database knows it.
pub(super) fn id<I: FromStr<Err: ToString> + Into<Uuid>>(text: &str) -> Result<Uuid, String> {
    let id = text.parse::<I>();
    id.map(Into::into).map_err(|error| error.to_string())
}

/// The id of a member that must be there.
pub(super) fn id_of<I: FromStr<Err: ToString> + Into<Uuid>>(
    fields: &mut Fields,
    name: &str,
) -> Option<Uuid> {
    let text = fields.text(name, |text| id::<I>(text).map(drop))?;
    id::<I>(&text).ok()
}

/// The id of a member that may be left out.
pub(super) fn id_of_some<I: FromStr<Err: ToString> + Into<Uuid>>(
    fields: &mut Fields,
    name: &str,
) -> Option<Uuid> {
    let text = fields.optional_text(name, |text| id::<I>(text).map(drop))?;
    id::<I>(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_neither_folder_nor_id() {
        for good in ["my_voice", "Ana's voice", "été", "a.b"] {
            assert_eq!(name(good), Ok(()), "{good}");
        }
        let long = "x".repeat(65);
        for bad in ["", " a", "a/b", "a\\b", "..", "dataset_1", "a\0", &long] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn words_have_letters() {
        assert_eq!(words("Hi."), Ok(()));
        for bad in ["", "…", "a\0", &"x".repeat(1001)] {
            assert!(words(bad).is_err(), "{bad}");
        }
    }
}
