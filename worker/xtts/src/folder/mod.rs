//! The folder of an imported model: which files it has, and what is asked of them.

pub mod files;
mod import;
mod source;
mod speakers;
mod tuned;
mod voice;

use std::fs::File;
use std::path::{Path, PathBuf};

pub use import::{Import, import};
pub use kiskadee_checkpoint::folder::{
    Acceptance, FORMAT, FileRecord, Licence, Manifest, Progress,
};
pub use source::{Source, vocabulary_size};
pub use tuned::{Tuned, tuned};
pub use voice::{TunedVoice, model_id};

use crate::error::{Result, XttsError};

/// What the manifest calls this engine.
pub const ENGINE: &str = "xtts";

/// A folder whose manifest is in order.
#[derive(Debug, Clone)]
pub struct ModelFolder(kiskadee_checkpoint::ModelFolder);

impl ModelFolder {
    /// Reads the manifest, and sees that its files are there in their sizes. Refuses a model whose licence nobody accepted.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let folder = kiskadee_checkpoint::ModelFolder::open_for(ENGINE, path)?;
        Ok(Self(folder))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn manifest(&self) -> &Manifest {
        self.0.manifest()
    }

    pub fn config(&self) -> PathBuf {
        self.path().join(files::CONFIG)
    }

    pub fn vocabulary(&self) -> PathBuf {
        self.path().join(files::VOCABULARY)
    }

    pub fn model(&self) -> PathBuf {
        self.path().join(files::MODEL)
    }

    /// The voices that came with the model.
    pub fn speakers(&self) -> Option<PathBuf> {
        self.0.file(files::SPEAKERS)
    }

    pub fn dvae(&self) -> Option<PathBuf> {
        self.0.file(files::DVAE)
    }

    pub fn mel_stats(&self) -> Option<PathBuf> {
        self.0.file(files::MEL_STATS)
    }

    pub fn gpt_q8(&self) -> Option<PathBuf> {
        self.0.file(files::GPT_Q8)
    }

    /// Of all its files.
    pub fn bytes(&self) -> u64 {
        self.0.bytes()
    }

    /// The speakers that came with the model, in their published order.
    pub fn speaker_names(&self) -> Result<Vec<String>> {
        let Some(path) = self.speakers() else {
            return Ok(Vec::new());
        };
        let file = File::open(&path).map_err(|error| XttsError::file(&path, error))?;
        let metadata = kiskadee_checkpoint::metadata(&file);
        let names = metadata.and_then(|metadata| speakers::names(&metadata));
        names.map_err(|reason| XttsError::file(path, reason))
    }
}
