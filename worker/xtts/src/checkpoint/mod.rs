//! Checkpoints as they are published and as trainers write them: `.pth` of torch and `.safetensors`.
//!
//! A file is listed first, without its tensors; those are copied one by one, in the type that they are stored in. Nothing of a
//! pickle is executed, whatever it asks for.

mod check;
mod names;
mod pickle;
mod safetensors_file;
mod tensor;
mod torch;
mod writer;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};

pub(crate) use check::check;
pub(crate) use names::canonical_names;
pub(crate) use safetensors_file::metadata;
pub(crate) use tensor::Stored;
pub(crate) use writer::write;

use crate::error::{Result, XttsError};

/// A tensor's place, or what is wrong with it.
pub(crate) type Found = Result<Stored, String>;

/// A tensor of a file, under the keys of the dictionaries around it.
pub(crate) struct Entry {
    pub(crate) path: Vec<String>,
    pub(crate) found: Found,
}

/// An open file of tensors.
pub(crate) struct Checkpoint {
    path: PathBuf,
    file: File,
    entries: Vec<Entry>,
}

impl Checkpoint {
    /// Lists what is in a file of either format; the content decides, not the name.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let failed = |error: io::Error| XttsError::file(path, error);
        let file = File::open(path).map_err(failed)?;
        let entries = if is_of_torch(path, &file).map_err(failed)? {
            torch::read(&file)
        } else {
            safetensors_file::read(&file)
        };
        Ok(Self {
            path: path.to_owned(),
            entries: entries.map_err(|reason| XttsError::file(path, reason))?,
            file,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// In the order of the file.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The state dictionary: under the key `model` where there is one, else the whole.
    pub(crate) fn state_dict(&self) -> BTreeMap<&str, &Found> {
        let model = |entry: &'_ Entry| matches!(&entry.path[..], [key, _] if key == "model");
        let depth = if self.entries.iter().any(model) { 2 } else { 1 };
        let inside = |entry: &&Entry| entry.path.len() == depth && (depth == 1 || model(entry));
        let entries = self.entries.iter().filter(inside);
        entries
            .filter_map(|entry| Some((entry.path.last()?.as_str(), &entry.found)))
            .collect()
    }

    pub(crate) fn copy(&self, stored: &Stored, out: &mut dyn Write) -> io::Result<()> {
        stored.copy(&self.file, out)
    }
}

/// By its first bytes; where they are of neither format, the name tells which one was meant.
fn is_of_torch(path: &Path, file: &File) -> io::Result<bool> {
    let mut begin = Vec::new();
    file.take(9).read_to_end(&mut begin)?;
    let extension = path.extension().and_then(|extension| extension.to_str());
    Ok(match begin[..] {
        [b'P', b'K', ..] => true,
        [.., b'{'] if begin.len() == 9 => false,
        _ => matches!(extension, Some("pth" | "pt" | "bin" | "ckpt")),
    })
}

#[cfg(test)]
mod tests;
