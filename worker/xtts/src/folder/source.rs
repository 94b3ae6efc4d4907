//! What is imported: a folder as it is published or as a trainer leaves it, or one file of it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::files;
use crate::error::{Result, XttsError};

/// The model's file in a folder, by preference: the published names, then a trainer's best.
const MODEL_NAMES: [&str; 4] = [
    "model.safetensors",
    "model.pth",
    "best_model.pth",
    "checkpoint.pth",
];

/// Where each part of a model lies.
#[derive(Debug, Clone)]
pub struct Source {
    pub(super) model: PathBuf,
    folder: PathBuf,
}

impl Source {
    /// A folder, or the model's file with the others beside it.
    pub fn find(path: &Path) -> Result<Self> {
        let is_folder = std::fs::metadata(path)
            .map_err(|error| XttsError::file(path, error))?
            .is_dir();
        if !is_folder {
            let folder = path.parent().filter(|folder| *folder != Path::new(""));
            return Ok(Self {
                model: path.to_owned(),
                folder: folder.unwrap_or(Path::new(".")).to_owned(),
            });
        }
        let model = MODEL_NAMES
            .iter()
            .map(|name| path.join(name))
            .find(|file| file.is_file());
        let model = model.ok_or_else(|| {
            let reason = format!("holds no model: none of {}", MODEL_NAMES.join(", "));
            XttsError::file(path, reason)
        })?;
        Ok(Self {
            model,
            folder: path.to_owned(),
        })
    }

    /// A file that every model needs.
    pub(super) fn required(&self, name: &str) -> Result<PathBuf> {
        let missing = || {
            XttsError::file(
                &self.folder,
                format!("has no {name}, which an XTTS model needs"),
            )
        };
        self.optional(&[name]).ok_or_else(missing)
    }

    /// The first of these files that is there.
    pub(super) fn optional(&self, names: &[&str]) -> Option<PathBuf> {
        let files = names.iter().map(|name| self.folder.join(name));
        files.into_iter().find(|file| file.is_file())
    }

    /// The text of the licence that came with the model.
    pub fn licence(&self) -> Result<Option<String>> {
        let Some(path) = self.optional(&[files::LICENCE, "LICENSE", "LICENSE.md"]) else {
            return Ok(None);
        };
        let bytes = std::fs::read(&path).map_err(|error| XttsError::file(path, error))?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }
}

#[derive(Deserialize)]
struct Vocabulary {
    #[serde(default)]
    added_tokens: Vec<AddedToken>,
    model: Words,
}

#[derive(Deserialize)]
struct AddedToken {
    id: usize,
}

#[derive(Deserialize)]
struct Words {
    vocab: HashMap<String, usize>,
}

/// How many text tokens a `vocab.json` has: one more than its highest id.
pub fn vocabulary_size(path: &Path) -> Result<usize> {
    let text = std::fs::read(path).map_err(|error| XttsError::file(path, error))?;
    let vocabulary: Vocabulary = serde_json::from_slice(&text)
        .map_err(|error| XttsError::file(path, format!("is no vocabulary: {error}")))?;
    let added = vocabulary.added_tokens.iter().map(|token| token.id);
    let highest = vocabulary.model.vocab.into_values().chain(added).max();
    highest
        .map(|id| id.saturating_add(1))
        .ok_or_else(|| XttsError::file(path, "holds no tokens"))
}
