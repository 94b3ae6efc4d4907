//! `model.json`: what an imported model is, where it came from, and who accepted its licence.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::files;
use super::licence::{Acceptance, Licence};
use crate::error::{CheckpointError, Result};

/// Of this version of the layout of a folder.
pub const FORMAT: u32 = 1;

/// The manifest of a model's folder.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`]; a folder of a later one is refused.
    pub format: u32,
    /// Which engine speaks with it. The first manifests, of XTTS alone, called it their kind.
    #[serde(alias = "kind", default = "first_engine")]
    pub engine: String,
    /// A path, an address, or `hf:<id>@<commit>`.
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

fn first_engine() -> String {
    "xtts".to_owned()
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    pub bytes: u64,
    /// Lowercase, hexadecimal.
    pub sha256: String,
}

impl Manifest {
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(files::MANIFEST);
        let text = std::fs::read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => not_imported(folder),
            _ => CheckpointError::file(&path, error),
        })?;
        let manifest: Self = serde_json::from_slice(&text)
            .map_err(|error| CheckpointError::file(&path, format!("is damaged: {error}")))?;
        manifest
            .check()
            .map_err(|reason| CheckpointError::file(&path, reason))?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), String> {
        if self.format != FORMAT {
            return Err(format!(
                "has the format {} where this program reads {FORMAT}: import the model again",
                self.format
            ));
        }
        if self.licence.needs_acceptance && self.acceptance.is_none() {
            return Err(format!(
                "nobody accepted the {}: import the model again with --accept-licence",
                self.licence.title
            ));
        }
        let plain = |name: &String| !name.is_empty() && !name.contains(['/', '\\']) && name != "..";
        if let Some(name) = self.files.keys().find(|name| !plain(name)) {
            return Err(format!("lists `{name}`, which is no file of its folder"));
        }
        Ok(())
    }
}

fn not_imported(folder: &Path) -> CheckpointError {
    let reason = if folder.join(files::CONFIG).is_file() {
        format!(
            "was not imported; run: kiskadee models import {}",
            folder.display()
        )
    } else {
        "holds no model; import one with: kiskadee models import PATH".to_owned()
    };
    CheckpointError::file(folder, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(engine: &str, files: &str) -> Result<Manifest> {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            r#"{{"format": 1, {engine} "source": "a test", "licence": {{"id": "x", "title": "y", "needs_acceptance": false}},
            "imported_at": "2026-01-02T03:04:05Z", "parameters": 1, "files": {{{files}}}}}"#
        );
        std::fs::write(folder.path().join(files::MANIFEST), text).unwrap();
        Manifest::read(folder.path())
    }

    #[test]
    fn manifests_of_every_age_name_their_engine() {
        let engine = |text: &str| read(text, "").unwrap().engine;
        assert_eq!(engine(""), "xtts");
        assert_eq!(engine(r#""kind": "xtts","#), "xtts");
        assert_eq!(engine(r#""engine": "piper","#), "piper");
    }

    #[test]
    fn a_file_outside_the_folder_is_refused() {
        let record = r#"{"bytes": 1, "sha256": ""}"#;
        read("", &format!(r#""model.safetensors": {record}"#)).unwrap();
        let error = read("", &format!(r#""../x": {record}"#)).unwrap_err();
        assert!(error.to_string().contains("`../x`"), "{error}");
    }
}
