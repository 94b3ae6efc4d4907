//! Entries of a dictionary and what they must be.

use kiskadee_edge_kit::{
    FieldError,
    request::{Body, Fields},
};
use kiskadee_shared::limits::{PHONEMES_CHARS, PRONUNCIATION_ENTRIES, VOICE_ID_CHARS};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::checks::{self, Check};

/// Entries of one language, as far as they were well-formed.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Entries {
    pub(super) language: Option<String>,
    pub(super) items: Vec<Entry>,
}

/// How a word is said; one of the two is given.
#[derive(Debug, Default, Clone, PartialEq, Serialize)]
pub(super) struct Entry {
    pub(super) word: String,
    pub(super) phonemes: Option<String>,
    pub(super) alias: Option<String>,
}

impl Entries {
    /// Reads JSON; the errors are everything that is wrong with its form.
    pub(super) fn read(body: Body) -> (Self, Vec<FieldError>) {
        let mut fields = Fields::from(body);
        let language = fields.text("language", checks::language);
        let items = fields.objects("entries");
        let mut errors: Vec<FieldError> = count(items.len()).into_iter().collect();
        if fields.has_error("entries") {
            errors.clear();
        }
        let mut entries = Vec::new();
        for (index, item) in items.into_iter().enumerate().filter_map(known) {
            let (entry, wrong) = read_entry(item);
            let place = |(name, message)| {
                FieldError::new(format!("entries[{index}].{name}"), message).at_index(index)
            };
            errors.extend(wrong.into_iter().map(place));
            entries.push(entry);
        }
        errors.splice(0..0, fields.finish());
        (
            Self {
                language,
                items: entries,
            },
            errors,
        )
    }
}

type Numbered = (usize, Option<Map<String, Value>>);

fn known((index, item): Numbered) -> Option<(usize, Map<String, Value>)> {
    Some((index, item?))
}

/// What is wrong with the number of entries.
pub(super) fn count(found: usize) -> Option<FieldError> {
    let (least, most) = (PRONUNCIATION_ENTRIES.start(), PRONUNCIATION_ENTRIES.end());
    let message = format!("must have {least} to {most} items, found {found}");
    (!PRONUNCIATION_ENTRIES.contains(&found)).then(|| FieldError::new("entries", message))
}

/// What is wrong, by the member's name.
type Wrong = Vec<(String, String)>;

fn read_entry(mut item: Map<String, Value>) -> (Entry, Wrong) {
    let mut wrong = Wrong::new();
    let mut member = |name: &str| match item.remove(name) {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text),
        Some(_) => {
            wrong.push((name.to_owned(), "must be a string".to_owned()));
            None
        }
    };
    let entry = Entry {
        word: member("word").unwrap_or_default(),
        phonemes: member("phonemes"),
        alias: member("alias"),
    };
    if wrong.is_empty() {
        wrong = entry.check();
    }
    let unknown = item.keys().map(|name| {
        let name = name.chars().take(64).collect();
        (name, "is not a field of an entry".to_owned())
    });
    wrong.extend(unknown);
    (entry, wrong)
}

impl Entry {
    /// What is wrong with an entry.
    pub(super) fn check(&self) -> Wrong {
        let mut wrong = Wrong::new();
        let mut note = |name: &str, check: Check| {
            wrong.extend(check.err().map(|message| (name.to_owned(), message)));
        };
        note("word", spoken(&self.word, &VOICE_ID_CHARS));
        match (&self.phonemes, &self.alias) {
            (Some(phonemes), None) => note("phonemes", plain(phonemes, &PHONEMES_CHARS)),
            (None, Some(alias)) => note("alias", spoken(alias, &PHONEMES_CHARS)),
            _ => note(
                "phonemes",
                Err("either this or `alias` must be given".to_owned()),
            ),
        }
        wrong
    }
}

/// Something that can be said.
fn spoken(text: &str, chars: &std::ops::RangeInclusive<usize>) -> Check {
    plain(text, chars)?;
    if text.contains(char::is_alphanumeric) {
        Ok(())
    } else {
        Err("must have a letter or a figure".to_owned())
    }
}

fn plain(text: &str, chars: &std::ops::RangeInclusive<usize>) -> Check {
    checks::length(text, chars)?;
    if text.chars().any(char::is_control) {
        return Err("must not contain control characters".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: Value) -> (Entries, Vec<String>) {
        let (entries, errors) = Entries::read(serde_json::from_value(body).unwrap());
        let told = errors.into_iter().map(|error| {
            let field = error.field.unwrap_or_default();
            format!("{field} {}", error.message)
        });
        (entries, told.collect())
    }

    #[test]
    fn entries_have_phonemes_or_an_alias() {
        let (entries, errors) = read(json!({"language": "en", "entries": [
            {"word": "SQL", "alias": "sequel"}, {"word": "Nguyen", "phonemes": "wɪn"}]}));
        assert_eq!(errors, [""; 0]);
        assert_eq!(entries.items[0].alias.as_deref(), Some("sequel"));
        assert_eq!(entries.items[1].phonemes.as_deref(), Some("wɪn"));
    }

    #[test]
    fn everything_wrong_is_named() {
        let (_, errors) = read(json!({"entries": [
            {"word": "a", "alias": "b", "phonemes": "c"}, {"word": "-", "alias": "x"},
            {"word": "a", "alias": 1, "other": 2}, 7]}));
        assert_eq!(
            errors,
            [
                "language is required",
                "entries[3] must be an object",
                "entries[0].phonemes either this or `alias` must be given",
                "entries[1].word must have a letter or a figure",
                "entries[2].alias must be a string",
                "entries[2].other is not a field of an entry",
            ]
        );
        let (_, errors) = read(json!({"language": "en", "entries": []}));
        assert_eq!(errors, ["entries must have 1 to 500 items, found 0"]);
    }
}
