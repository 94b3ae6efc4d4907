//! The terms that a model comes under, and who accepted them.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Of a licence that is named by its text's first line, in characters.
const LONGEST_TITLE: usize = 60;

/// The terms that a model comes under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licence {
    /// Of SPDX where it has one.
    pub id: String,
    pub title: String,
    /// Whether what the model says may be used in a business.
    #[serde(default)]
    pub commercial_use: CommercialUse,
    /// Whether somebody must accept it before the model may be used.
    #[serde(default = "yes")]
    pub needs_acceptance: bool,
    /// The file of the folder with the licence's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The file of the folder with what the model's authors tell of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<String>,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CommercialUse {
    Yes,
    No,
    /// Nobody who wrote this program can tell.
    #[default]
    Unknown,
}

impl std::fmt::Display for CommercialUse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        })
    }
}

/// Who accepted a licence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    pub by: String,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// By which act, such as the option of a command.
    pub how: String,
}

impl Licence {
    /// A licence that somebody must accept.
    pub fn new(id: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            commercial_use: CommercialUse::Unknown,
            needs_acceptance: true,
            text: None,
            card: None,
        }
    }

    /// That of the published XTTS-v2, and of what was trained from it.
    pub fn coqui_public_model() -> Self {
        Self {
            commercial_use: CommercialUse::No,
            ..Self::new("LicenseRef-CPML-1.0.0", "Coqui Public Model License 1.0.0")
        }
    }

    /// What a text says that it is: Coqui's licence where it is named or there is no text, else the text's first line.
    pub fn of_text(text: Option<&str>) -> Self {
        let Some(text) = text else {
            return Self::coqui_public_model();
        };
        let plain = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if plain.contains("Coqui Public Model License") || plain.contains("CPML") {
            return Self::coqui_public_model();
        }
        let first = text.lines().map(str::trim).find(|line| !line.is_empty());
        let first = first.unwrap_or("a licence without a title");
        let title = match first.char_indices().nth(LONGEST_TITLE) {
            Some((end, _)) => format!("{}…", first[..end].trim_end()),
            None => first.to_owned(),
        };
        Self::new("LicenseRef-of-the-source", title)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_is_known_by_its_text() {
        let cpml = Licence::coqui_public_model();
        assert_eq!(Licence::of_text(None), cpml);
        assert_eq!(
            Licence::of_text(Some("# Coqui Public\nModel License 1.0.0\n…")),
            cpml
        );
        assert_eq!(
            Licence::of_text(Some("\n MIT License \n")).title,
            "MIT License"
        );
    }

    #[test]
    fn a_record_without_the_newer_fields_is_the_strict_one() {
        let licence: Licence = serde_json::from_str(r#"{"id": "x", "title": "y"}"#).unwrap();
        assert_eq!(licence, Licence::new("x", "y"));
    }
}
