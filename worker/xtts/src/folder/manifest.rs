//! `model.json`: what an imported model is, where it came from, and who accepted its licence.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::files;
use crate::error::{Result, XttsError};

/// Of this version of the layout of a folder.
pub const FORMAT: u32 = 1;
pub(super) const KIND: &str = "xtts";
/// Of a licence that is named by its text's first line, in characters.
const LONGEST_TITLE: usize = 60;

/// The manifest of a model's folder.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`]; a folder of a later one is refused.
    pub format: u32,
    pub kind: String,
    /// A path, or `hf:<id>@<commit>`.
    pub source: String,
    pub licence: Licence,
    #[serde(default)]
    pub acceptance: Option<Acceptance>,
    #[serde(with = "time::serde::rfc3339")]
    pub imported_at: OffsetDateTime,
    /// Numbers in the tensors that the model needs.
    pub parameters: u64,
    /// All other files of the folder by name.
    pub files: BTreeMap<String, FileRecord>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    pub bytes: u64,
    /// Lowercase, hexadecimal.
    pub sha256: String,
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

/// The terms that a model comes under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licence {
    /// Of SPDX where it has one.
    pub id: String,
    pub title: String,
}

impl Licence {
    /// That of the published XTTS-v2, and of what was trained from it.
    pub fn coqui_public_model() -> Self {
        Self {
            id: "LicenseRef-CPML-1.0.0".to_owned(),
            title: "Coqui Public Model License 1.0.0".to_owned(),
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
        Self {
            id: "LicenseRef-of-the-source".to_owned(),
            title,
        }
    }
}

impl Manifest {
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(files::MANIFEST);
        let text = std::fs::read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => not_imported(folder),
            _ => XttsError::file(&path, error),
        })?;
        let manifest: Self = serde_json::from_slice(&text)
            .map_err(|error| XttsError::file(&path, format!("is damaged: {error}")))?;
        manifest
            .check()
            .map_err(|reason| XttsError::file(&path, reason))?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), String> {
        if self.kind != KIND {
            return Err(format!(
                "is a model of the kind `{}`, not `{KIND}`",
                self.kind
            ));
        }
        if self.format != FORMAT {
            return Err(format!(
                "has the format {} where this program reads {FORMAT}: import the model again",
                self.format
            ));
        }
        if self.acceptance.is_none() {
            return Err(format!(
                "nobody accepted the {}: import the model again with --accept-licence",
                self.licence.title
            ));
        }
        Ok(())
    }
}

fn not_imported(folder: &Path) -> XttsError {
    let reason = if folder.join(files::CONFIG).is_file() {
        format!(
            "was not imported; run: kiskadee models import {}",
            folder.display()
        )
    } else {
        "holds no model; import one with: kiskadee models import PATH".to_owned()
    };
    XttsError::file(folder, reason)
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
}
