//! Writes a model's folder file by file, and the manifest last.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use super::ModelFolder;
use super::files;
use super::licence::{Acceptance, Licence};
use super::manifest::{FORMAT, FileRecord, Manifest};
use super::staging::Staging;
use crate::error::{CheckpointError, Result};
use crate::writer::{TensorToWrite, write};

/// How far an import is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// The file that is written.
    pub file: &'a str,
    /// Bytes of it.
    pub done: u64,
    pub total: u64,
}

/// What the manifest says besides the files.
#[derive(Debug, Clone)]
pub struct Provenance {
    pub engine: String,
    pub source: String,
    pub licence: Licence,
    pub acceptance: Option<Acceptance>,
    /// Numbers in the tensors.
    pub parameters: u64,
}

/// A folder that nobody sees before it is published; dropped before, it leaves the target as it was.
pub struct FolderWriter<'a> {
    staging: Staging,
    records: BTreeMap<String, FileRecord>,
    progress: &'a mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
}

impl<'a> FolderWriter<'a> {
    /// `progress` is told of tensors, and may stop the writing.
    pub fn begin(
        target: &Path,
        progress: &'a mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
    ) -> Result<Self> {
        Ok(Self {
            staging: Staging::begin(target)?,
            records: BTreeMap::new(),
            progress,
        })
    }

    /// Where the files lie until they are published.
    pub fn path(&self) -> &Path {
        self.staging.path()
    }

    pub fn copy(&mut self, name: &str, from: &Path) -> Result<()> {
        let bytes = fs::read(from).map_err(|error| CheckpointError::file(from, error))?;
        self.put(name, &bytes)
    }

    pub fn put(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.path().join(name);
        let write = || {
            let mut file = File::create_new(&path)?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        write().map_err(|error| CheckpointError::file(&path, error))?;
        let sha256 = format!("{:x}", Sha256::digest(bytes));
        self.record(name, bytes.len() as u64, sha256);
        Ok(())
    }

    pub fn tensors(
        &mut self,
        name: &str,
        tensors: &[TensorToWrite<'_>],
        metadata: &BTreeMap<String, String>,
    ) -> Result<()> {
        let path = self.path().join(name);
        let total: u64 = tensors.iter().map(TensorToWrite::bytes).sum();
        let mut done = 0;
        let progress = &mut *self.progress;
        let mut copied = |bytes: u64| {
            done += bytes;
            progress(Progress {
                file: name,
                done,
                total,
            })
        };
        let written = write(&path, tensors, metadata, &mut copied);
        let written = written.map_err(|error| CheckpointError::file(path, error))?;
        self.record(name, written.bytes, written.sha256);
        Ok(())
    }

    /// Takes up a file that was written into the folder by somebody else.
    pub fn take_up(&mut self, name: &str) -> Result<()> {
        let path = self.path().join(name);
        let read = || -> io::Result<_> {
            let mut file = File::open(&path)?;
            file.sync_all()?;
            let mut hash = Sha256::new();
            let bytes = io::copy(&mut file, &mut hash)?;
            Ok((bytes, format!("{:x}", hash.finalize())))
        };
        let (bytes, sha256) = read().map_err(|error| CheckpointError::file(&path, error))?;
        self.record(name, bytes, sha256);
        Ok(())
    }

    /// Writes the manifest and puts the folder in its place, instead of what is there.
    pub fn publish(mut self, provenance: Provenance) -> Result<ModelFolder> {
        let manifest = Manifest {
            format: FORMAT,
            engine: provenance.engine,
            source: provenance.source,
            licence: provenance.licence,
            acceptance: provenance.acceptance,
            imported_at: OffsetDateTime::now_utc(),
            parameters: provenance.parameters,
            files: std::mem::take(&mut self.records),
        };
        let text = serde_json::to_vec_pretty(&manifest)
            .map_err(|error| CheckpointError::file(self.path(), error))?;
        self.put(files::MANIFEST, &text)?;
        let target = self.staging.publish()?;
        ModelFolder::open(target)
    }

    fn record(&mut self, name: &str, bytes: u64, sha256: String) {
        self.records
            .insert(name.to_owned(), FileRecord { bytes, sha256 });
    }
}
