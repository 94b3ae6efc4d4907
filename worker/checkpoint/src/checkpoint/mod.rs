//! Checkpoints as they are published and as trainers write them: `.pth` of torch and `.safetensors`.
//!
//! A file is listed first, without its tensors; those are copied one by one, in the type that they are stored in. Nothing of a
//! pickle is executed, whatever it asks for.

mod check;
mod pickle;
mod safetensors_file;
mod setting;
mod tensor;
mod torch;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};

pub use check::check;
pub use safetensors_file::metadata;
pub use setting::Setting;
pub use tensor::{Number, Stored};

use crate::error::{CheckpointError, Result};

/// A tensor's place, or what is wrong with it.
pub type Found = Result<Stored, String>;

/// A tensor of a file, under the keys of the dictionaries around it.
pub struct Entry {
    pub path: Vec<String>,
    pub found: Found,
}

/// An open file of tensors.
pub struct Checkpoint {
    path: PathBuf,
    file: File,
    entries: Vec<Entry>,
    settings: BTreeMap<String, Setting>,
}

impl Checkpoint {
    /// Lists what is in a file of either format; the content decides, not the name.
    pub fn open(path: &Path) -> Result<Self> {
        let failed = |error: io::Error| CheckpointError::file(path, error);
        let file = File::open(path).map_err(failed)?;
        let read = if is_of_torch(path, &file).map_err(failed)? {
            torch::read(&file)
        } else {
            safetensors_file::read(&file).map(|entries| (entries, BTreeMap::new()))
        };
        let (entries, settings) = read.map_err(|reason| CheckpointError::file(path, reason))?;
        Ok(Self {
            path: path.to_owned(),
            entries,
            settings,
            file,
        })
    }

    /// What lies beside the tensors in the outermost dictionary of a pickle, by its key. A file of safetensors has none: it has
    /// [`metadata`].
    pub fn settings(&self) -> &BTreeMap<String, Setting> {
        &self.settings
    }

    /// What a file of safetensors tells of itself; nothing of one of torch.
    pub fn metadata(&self) -> std::collections::HashMap<String, String> {
        safetensors_file::metadata(&self.file).unwrap_or_default()
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// In the order of the file.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The state dictionary: under the key `model` where there is one, else the whole.
    pub fn state_dict(&self) -> BTreeMap<&str, &Found> {
        let model = |entry: &'_ Entry| matches!(&entry.path[..], [key, _] if key == "model");
        let depth = if self.entries.iter().any(model) { 2 } else { 1 };
        let inside = |entry: &&Entry| entry.path.len() == depth && (depth == 1 || model(entry));
        let entries = self.entries.iter().filter(inside);
        entries
            .filter_map(|entry| Some((entry.path.last()?.as_str(), &entry.found)))
            .collect()
    }

    pub fn copy(&self, stored: &Stored, out: &mut dyn Write) -> io::Result<()> {
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
