//! The folder of an imported model: one layout, whatever the source was, and a manifest.

pub mod files;
mod import;
mod manifest;
mod publish;
mod source;
mod speakers;

use std::fs::File;
use std::path::{Path, PathBuf};

pub use import::{Import, Progress, import};
pub use manifest::{Acceptance, FORMAT, FileRecord, Licence, Manifest};
pub use source::{Source, vocabulary_size};

use crate::checkpoint;
use crate::error::{Result, XttsError};

/// A folder whose manifest is in order.
#[derive(Debug, Clone)]
pub struct ModelFolder {
    path: PathBuf,
    manifest: Manifest,
}

impl ModelFolder {
    /// Reads the manifest, and sees that its files are there in their sizes. Refuses a model whose licence nobody accepted.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let manifest = Manifest::read(&path)?;
        for (name, record) in &manifest.files {
            let file = path.join(name);
            let found = std::fs::metadata(&file).map_err(|error| XttsError::file(&file, error))?;
            if found.len() != record.bytes {
                let (found, bytes) = (found.len(), record.bytes);
                let reason =
                    format!("has {found} bytes instead of {bytes}: import the model again");
                return Err(XttsError::file(file, reason));
            }
        }
        Ok(Self { path, manifest })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    pub fn config(&self) -> PathBuf {
        self.path.join(files::CONFIG)
    }

    pub fn vocabulary(&self) -> PathBuf {
        self.path.join(files::VOCABULARY)
    }

    pub fn model(&self) -> PathBuf {
        self.path.join(files::MODEL)
    }

    /// The voices that came with the model.
    pub fn speakers(&self) -> Option<PathBuf> {
        self.optional(files::SPEAKERS)
    }

    pub fn dvae(&self) -> Option<PathBuf> {
        self.optional(files::DVAE)
    }

    pub fn mel_stats(&self) -> Option<PathBuf> {
        self.optional(files::MEL_STATS)
    }

    pub fn gpt_q8(&self) -> Option<PathBuf> {
        self.optional(files::GPT_Q8)
    }

    /// Of all its files.
    pub fn bytes(&self) -> u64 {
        self.manifest.files.values().map(|file| file.bytes).sum()
    }

    /// The speakers that came with the model, in their published order.
    pub fn speaker_names(&self) -> Result<Vec<String>> {
        let Some(path) = self.speakers() else {
            return Ok(Vec::new());
        };
        let file = File::open(&path).map_err(|error| XttsError::file(&path, error))?;
        let metadata = checkpoint::metadata(&file);
        let names = metadata.and_then(|metadata| speakers::names(&metadata));
        names.map_err(|reason| XttsError::file(path, reason))
    }

    /// Only what the manifest lists was checked at the import.
    fn optional(&self, name: &str) -> Option<PathBuf> {
        let listed = self.manifest.files.contains_key(name);
        listed.then(|| self.path.join(name))
    }
}
