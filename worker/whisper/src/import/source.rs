//! What is imported: a folder in Hugging Face's layout, or the file of its weights.

use std::path::{Path, PathBuf};

use kiskadee_checkpoint::folder::{Licence, files};
use serde_json::Value;

use super::terms;
use crate::error::{Result, WhisperError};

/// More than any card or licence has.
const MOST_TEXT_BYTES: u64 = 1 << 20;
/// What the authors tell of their model.
const CARD: &str = "README.md";

/// Where each part of a model lies.
#[derive(Debug, Clone)]
pub struct Source {
    folder: PathBuf,
    weights: PathBuf,
    card: Option<String>,
    licence: Option<String>,
}

impl Source {
    /// The files of weights, by preference.
    pub const WEIGHTS: [&str; 2] = ["model.safetensors", "pytorch_model.bin"];
    /// The texts of licences, by the names that they have.
    pub const LICENCES: [&str; 3] = ["LICENSE.txt", "LICENSE", "LICENSE.md"];
    /// What is taken along where it is there.
    pub const CARD: &str = CARD;

    /// A folder, or the file of the weights with the others beside it.
    pub fn find(path: &Path) -> Result<Self> {
        let metadata = std::fs::metadata(path);
        let metadata = metadata.map_err(|error| WhisperError::file(path, error))?;
        let folder = if metadata.is_dir() {
            path.to_owned()
        } else {
            let folder = path.parent().filter(|folder| *folder != Path::new(""));
            folder.unwrap_or(Path::new(".")).to_owned()
        };
        let weights = if metadata.is_dir() {
            let mut named = Self::WEIGHTS.iter().map(|name| path.join(name));
            named.find(|file| file.is_file())
        } else {
            Some(path.to_owned())
        };
        let weights = weights.ok_or_else(|| {
            let reason = format!("holds no weights: none of {}", Self::WEIGHTS.join(", "));
            WhisperError::file(path, reason)
        })?;
        let text = |name: &str| text(&folder.join(name));
        Ok(Self {
            card: text(CARD),
            licence: Self::LICENCES.iter().find_map(|name| text(name)),
            folder,
            weights,
        })
    }

    /// Whether a path holds such a model, by what its `config.json` tells.
    pub fn is_model(path: &Path) -> bool {
        let folder = if path.is_dir() {
            path
        } else {
            path.parent().unwrap_or(path)
        };
        text(&folder.join(files::CONFIG)).is_some_and(|text| Self::is_config(&text))
    }

    /// Whether a `config.json` is one of these models.
    pub fn is_config(text: &str) -> bool {
        let config: Value = serde_json::from_str(text).unwrap_or_default();
        config["model_type"] == "whisper"
            || config["num_mel_bins"].is_u64() && config["decoder_layers"].is_u64()
    }

    /// The terms that the model comes under, as its authors or the caller say; the reason where neither does.
    pub fn terms(&self, given: Option<&str>) -> Result<Licence> {
        let named = terms::terms(given, self.card.as_deref(), self.licence.as_deref());
        let licence = named.map_err(|reason| WhisperError::file(&self.folder, reason))?;
        Ok(Licence {
            text: self.licence.as_ref().map(|_| files::LICENCE.to_owned()),
            card: self.card.as_ref().map(|_| CARD.to_owned()),
            ..licence
        })
    }

    /// The text of the licence, where one lies beside the model.
    pub fn licence_text(&self) -> Option<&str> {
        self.licence.as_deref()
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn weights(&self) -> &Path {
        &self.weights
    }

    /// Texts that stay with the model, under the names that they get.
    pub(super) fn documents(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let card = self.card.as_deref().map(|text| (CARD, text));
        let licence = self.licence.as_deref().map(|text| (files::LICENCE, text));
        card.into_iter().chain(licence)
    }
}

/// A text of sane size; none where there is no such file.
fn text(path: &Path) -> Option<String> {
    let is_sane =
        |metadata: std::fs::Metadata| metadata.is_file() && metadata.len() <= MOST_TEXT_BYTES;
    let there = std::fs::metadata(path).is_ok_and(is_sane);
    let bytes = there.then(|| std::fs::read(path).ok()).flatten()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
