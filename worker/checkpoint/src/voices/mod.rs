//! The voices of Kokoro in the forms in which they are published: a tensor of torch, an archive of numpy, one array of numpy, or bare
//! numbers. The first bytes tell the form.

mod numpy;

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use crate::checkpoint::{Checkpoint, Number};
use crate::error::{CheckpointError, Result};

/// A style for each number of tokens, from one on.
pub const ROWS: usize = 510;
/// Numbers of a style.
pub const STYLE: usize = 256;
const BYTES: u64 = (ROWS * STYLE * size_of::<f32>()) as u64;
/// Styles lie within a few units; what is larger is no voice.
const LARGEST: f32 = 100.0;
/// More than any version of the model has.
const MOST_VOICES: usize = 1000;

/// A voice: `[510, 256]`.
#[derive(Debug, Clone, PartialEq)]
pub struct StylePack {
    /// `af_heart`: of a-z, 0-9 and _.
    pub name: String,
    pub values: Vec<f32>,
}

/// The voices of a file, or of all `.pt`, `.bin`, `.npy` and `.npz` files of a folder, by name.
pub fn read(path: &Path) -> Result<Vec<StylePack>> {
    let mut voices = Vec::new();
    for file in files(path)? {
        let read = read_file(&file);
        voices.extend(read.map_err(|reason| CheckpointError::file(&file, reason))?);
        if voices.len() > MOST_VOICES {
            let reason = format!("holds more than {MOST_VOICES} voices");
            return Err(CheckpointError::file(path, reason));
        }
    }
    voices.sort_by(|a, b| a.name.cmp(&b.name));
    if let Some([twice, _]) = voices.array_windows().find(|[a, b]| a.name == b.name) {
        let reason = format!("holds two voices of the name {}", twice.name);
        return Err(CheckpointError::file(path, reason));
    }
    if voices.is_empty() {
        return Err(CheckpointError::file(path, "holds no voices"));
    }
    Ok(voices)
}

fn files(path: &Path) -> Result<Vec<PathBuf>> {
    let failed = |error: std::io::Error| CheckpointError::file(path, error);
    if !std::fs::metadata(path).map_err(failed)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        let extension = file.extension().and_then(|extension| extension.to_str());
        if matches!(extension, Some("pt" | "bin" | "npy" | "npz")) {
            files.push(file);
        }
    }
    Ok(files)
}

fn read_file(path: &Path) -> Result<Vec<StylePack>, String> {
    let mut file = File::open(path).map_err(|error| error.to_string())?;
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    let mut begin = Vec::new();
    let read = file.by_ref().take(6).read_to_end(&mut begin);
    read.map_err(|error| error.to_string())?;
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    let name = || name(stem.unwrap_or_default());
    match begin[..] {
        [b'P', b'K', ..] => of_archive(path, name),
        _ if begin == numpy::MAGIC => {
            let name = name()?;
            let values = numpy::read(&whole(path, length, &name)?);
            Ok(vec![checked(name, values)?])
        }
        _ if length == BYTES => {
            let name = name()?;
            let values = floats(&whole(path, length, &name)?);
            Ok(vec![checked(name, Ok((vec![ROWS, 1, STYLE], values)))?])
        }
        _ => Err(format!(
            "has {length} bytes and is no file of voices: torch's, numpy's, or {BYTES} bytes of bare numbers"
        )),
    }
}

/// A file that is one voice.
fn whole(path: &Path, length: u64, name: &str) -> Result<Vec<u8>, String> {
    if length > numpy::LONGEST_HEADER + BYTES {
        return Err(format!("voice {name} has {length} bytes, expected {BYTES}"));
    }
    std::fs::read(path).map_err(|error| error.to_string())
}

fn of_archive(
    path: &Path,
    name_of_file: impl Fn() -> Result<String, String>,
) -> Result<Vec<StylePack>, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let zip = ZipArchive::new(BufReader::new(file));
    let zip = zip.map_err(|error| format!("is cut off or no archive ({error}): get it again"))?;
    let arrays = zip.file_names().filter_map(std::result::Result::ok);
    if arrays.into_iter().any(|name| name.ends_with(".npy")) {
        return of_numpy(zip);
    }
    let checkpoint = Checkpoint::open(path).map_err(|error| match error {
        CheckpointError::File { reason, .. } => reason,
        other => other.to_string(),
    })?;
    let [entry] = checkpoint.entries() else {
        let count = checkpoint.entries().len();
        return Err(format!("holds {count} tensors, a voice is one"));
    };
    let name = name_of_file()?;
    let stored = entry.found.as_ref();
    let stored = stored.map_err(|reason| format!("voice {name} {reason}"))?;
    check_shape(&name, &stored.shape)?;
    if stored.number != Number::F32 {
        let number = stored.number.name();
        return Err(format!("voice {name} is of {number}, expected F32"));
    }
    let mut bytes = Vec::new();
    let copied = checkpoint.copy(stored, &mut bytes);
    copied.map_err(|error| format!("voice {name}: {error}"))?;
    Ok(vec![checked(
        name,
        Ok((stored.shape.clone(), floats(&bytes))),
    )?])
}

/// An archive of arrays, each a voice by the name of its file.
fn of_numpy(mut zip: ZipArchive<BufReader<File>>) -> Result<Vec<StylePack>, String> {
    if zip.len() > MOST_VOICES {
        return Err(format!("holds more than {MOST_VOICES} voices"));
    }
    let mut voices = Vec::new();
    for index in 0..zip.len() {
        let damaged = |error: &dyn std::error::Error| format!("is damaged: {error}");
        let mut entry = zip.by_index(index).map_err(|error| damaged(&error))?;
        let file = entry.name().map_err(|error| damaged(&error))?.into_owned();
        let Some(stem) = file.strip_suffix(".npy") else {
            continue;
        };
        let name = name(stem)?;
        // By the directory, and again while reading: the directory may lie.
        let most = numpy::LONGEST_HEADER + BYTES;
        let too_long = |bytes: u64| format!("voice {name} has {bytes} bytes, expected {BYTES}");
        if entry.size() > most {
            return Err(too_long(entry.size()));
        }
        let mut bytes = Vec::new();
        let read = entry.by_ref().take(most + 1).read_to_end(&mut bytes);
        read.map_err(|error| format!("voice {name}: {error}"))?;
        if bytes.len() as u64 > most {
            return Err(too_long(bytes.len() as u64));
        }
        let array = numpy::read(&bytes);
        voices.push(checked(name, array)?);
    }
    Ok(voices)
}

fn name(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if text.is_empty() || text.len() > 64 || !text.chars().all(allowed) {
        return Err(format!(
            "holds `{text}`, which is no name of a voice: up to 64 of a-z, 0-9 and _"
        ));
    }
    Ok(text.to_owned())
}

fn check_shape(name: &str, shape: &[usize]) -> Result<(), String> {
    if shape == [ROWS, 1, STYLE] || shape == [ROWS, STYLE] {
        return Ok(());
    }
    Err(format!(
        "voice {name} has shape {shape:?}, expected [{ROWS}, 1, {STYLE}]"
    ))
}

fn checked(
    name: String,
    array: Result<(Vec<usize>, Vec<f32>), String>,
) -> Result<StylePack, String> {
    let (shape, values) = array.map_err(|reason| format!("voice {name} {reason}"))?;
    check_shape(&name, &shape)?;
    let wrong = values.iter().position(|value| !(value.abs() <= LARGEST));
    if let Some(place) = wrong {
        let value = values.get(place).copied().unwrap_or_default();
        return Err(format!(
            "voice {name} holds {value} at {place}: voices lie within {LARGEST}"
        ));
    }
    Ok(StylePack { name, values })
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let chunks = bytes.as_chunks().0.iter();
    chunks.map(|chunk| f32::from_le_bytes(*chunk)).collect()
}

#[cfg(test)]
mod tests;
