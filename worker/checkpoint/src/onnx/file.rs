//! The bytes of an ONNX file: mapped, or joined from parts.
#![expect(
    unsafe_code,
    reason = "a file of a hundred megabytes is mapped, not read"
)]

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use memmap2::Mmap;

use super::OnnxModel;
use super::tensor::MOST_BYTES;
use crate::error::{CheckpointError, Result};

/// A file, open as long as its model is used.
pub struct OnnxFile {
    path: PathBuf,
    bytes: Content,
}

enum Content {
    Mapped(Mmap),
    Joined(Vec<u8>),
}

impl OnnxFile {
    /// Maps a file, which must not change meanwhile.
    pub fn open(path: &Path) -> Result<Self> {
        let failed = |error: std::io::Error| CheckpointError::file(path, error);
        let file = File::open(path).map_err(failed)?;
        check_length(path, file.metadata().map_err(failed)?.len())?;
        // SAFETY: the map is only read. A file that is truncated or written to meanwhile would be undefined behaviour: whoever
        // imports a file is its owner, and is told not to change it until the import has ended.
        let map = unsafe { Mmap::map(&file) }.map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
            bytes: Content::Mapped(map),
        })
    }

    /// Reads files that are parts of one, in this order.
    pub fn join(parts: &[PathBuf]) -> Result<Self> {
        let (Some(first), false) = (parts.first(), parts.len() == 1) else {
            return Self::open(parts.first().map_or(Path::new(""), PathBuf::as_path));
        };
        let mut bytes = Vec::new();
        for part in parts {
            let failed = |error: std::io::Error| CheckpointError::file(part, error);
            let mut file = File::open(part).map_err(failed)?;
            let length = file.metadata().map_err(failed)?.len();
            check_length(part, length.saturating_add(bytes.len() as u64))?;
            bytes.reserve_exact(length as usize);
            let read = file.by_ref().take(length).read_to_end(&mut bytes);
            read.map_err(failed)?;
        }
        Ok(Self {
            path: first.clone(),
            bytes: Content::Joined(bytes),
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The graph in it.
    pub fn model(&self) -> Result<OnnxModel<'_>> {
        OnnxModel::parse(&self.path, self.bytes())
    }

    fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Content::Mapped(map) => map,
            Content::Joined(bytes) => bytes,
        }
    }
}

fn check_length(path: &Path, length: u64) -> Result<()> {
    match length {
        0 => Err(CheckpointError::file(path, "is empty")),
        // Names and shapes beside the tensors.
        length if length > MOST_BYTES + (64 << 20) => Err(CheckpointError::file(
            path,
            format!("has {length} bytes; no voice has more than 2 GB"),
        )),
        _ => Ok(()),
    }
}
