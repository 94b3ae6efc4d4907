//! The folder of an imported model: a manifest, and the files that it lists, which never change.

pub mod files;
mod known;
mod licence;
mod manifest;
mod staging;
mod writer;

use std::path::{Path, PathBuf};

pub use licence::{Acceptance, CommercialUse, Licence};
pub use manifest::{FORMAT, FileRecord, Manifest};
pub use writer::{FolderWriter, Progress, Provenance};

use crate::error::{CheckpointError, Result};

/// A folder whose manifest is in order.
#[derive(Debug, Clone)]
pub struct ModelFolder {
    path: PathBuf,
    manifest: Manifest,
}

impl ModelFolder {
    /// Reads the manifest, and sees that its files are there in their sizes. Refuses a model whose licence nobody accepted where
    /// somebody must.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let manifest = Manifest::read(&path)?;
        for (name, record) in &manifest.files {
            let file = path.join(name);
            let found =
                std::fs::metadata(&file).map_err(|error| CheckpointError::file(&file, error))?;
            if found.len() != record.bytes {
                let (found, bytes) = (found.len(), record.bytes);
                let reason =
                    format!("has {found} bytes instead of {bytes}: import the model again");
                return Err(CheckpointError::file(file, reason));
            }
        }
        Ok(Self { path, manifest })
    }

    /// A folder of this engine; refuses that of another.
    pub fn open_for(engine: &str, path: impl Into<PathBuf>) -> Result<Self> {
        let folder = Self::open(path)?;
        if folder.manifest.engine == engine {
            return Ok(folder);
        }
        let reason = format!(
            "is a model of the engine `{}`, not `{engine}`",
            folder.manifest.engine
        );
        Err(CheckpointError::file(
            folder.path.join(files::MANIFEST),
            reason,
        ))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Of all its files.
    pub fn bytes(&self) -> u64 {
        self.manifest.files.values().map(|file| file.bytes).sum()
    }

    /// A file of the folder, where the manifest lists it: only that was checked at the import.
    pub fn file(&self, name: &str) -> Option<PathBuf> {
        let listed = self.manifest.files.contains_key(name);
        listed.then(|| self.path.join(name))
    }
}
