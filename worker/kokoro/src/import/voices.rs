//! Voices as they are published: raw numbers, numpy's `npz`, torch, or safetensors. The first bytes tell which.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use kiskadee_checkpoint::{Checkpoint, ImportedTensor, Number, Stored};

use crate::error::{KokoroError, Result};
use crate::styles::{STYLE_ROWS, STYLE_WIDTH, Style};

const NUMBERS: usize = STYLE_ROWS * STYLE_WIDTH;
const BYTES: usize = NUMBERS * size_of::<f32>();
/// More voices than any model has.
const MOST_VOICES: usize = 1024;
/// Beside the numbers, what a numpy file has in front of them.
const LONGEST_HEADER: usize = 4096;

/// A voice that was read, and checked.
pub struct PublishedVoice {
    pub name: String,
    pub style: Style,
}

impl PublishedVoice {
    pub(super) fn tensor(&self) -> ImportedTensor<'_> {
        let values = || Ok(Cow::Borrowed(self.style.values()));
        ImportedTensor::new(self.name.clone(), [STYLE_ROWS, STYLE_WIDTH], values)
    }

    fn new(path: &Path, name: &str, values: Vec<f32>) -> Result<Self> {
        let usable = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || !name.chars().all(usable) {
            let reason = format!("a voice cannot be named `{name}`");
            return Err(KokoroError::file(path, reason));
        }
        let style = Style::new(name, values).map_err(|error| KokoroError::file(path, error))?;
        Ok(Self {
            name: name.to_owned(),
            style,
        })
    }
}

/// The voices of a file, named by the file or within it.
pub fn read_voices(path: &Path) -> Result<Vec<PublishedVoice>> {
    let failed = |error: std::io::Error| KokoroError::file(path, error);
    let mut file = File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    let mut begin = [0; 2];
    let packed = file.read_exact(&mut begin).is_ok() && begin == *b"PK";
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    let stem = stem.unwrap_or_default();
    if length == BYTES as u64 {
        let bytes = std::fs::read(path).map_err(failed)?;
        return Ok(vec![PublishedVoice::new(path, stem, floats(&bytes))?]);
    }
    if packed && let Some(voices) = npz(path)? {
        return Ok(voices);
    }
    let extension = path.extension().and_then(|extension| extension.to_str());
    if packed || extension == Some("safetensors") {
        return checkpoint(path, stem);
    }
    let reason = format!(
        "is no voice: neither torch, npz nor safetensors, and {length} bytes where {BYTES} are needed"
    );
    Err(KokoroError::file(path, reason))
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let chunks = bytes.as_chunks::<4>().0.iter();
    chunks.map(|chunk| f32::from_le_bytes(*chunk)).collect()
}

/// A voice by itself has the file's name.
fn checkpoint(path: &Path, stem: &str) -> Result<Vec<PublishedVoice>> {
    let file = Checkpoint::open(path)?;
    if file.entries().is_empty() || file.entries().len() > MOST_VOICES {
        return Err(KokoroError::file(path, "holds no voices"));
    }
    let voice = |entry: &kiskadee_checkpoint::Entry| {
        let name = entry.path.last().map_or(stem, String::as_str);
        let stored = entry.found.as_ref();
        let stored = stored.map_err(|reason| KokoroError::file(path, reason))?;
        PublishedVoice::new(path, name, numbers(path, name, &file, stored)?)
    };
    file.entries().iter().map(voice).collect()
}

fn numbers(path: &Path, name: &str, file: &Checkpoint, stored: &Stored) -> Result<Vec<f32>> {
    let shape: Vec<usize> = stored
        .shape
        .iter()
        .copied()
        .filter(|size| *size != 1)
        .collect();
    if shape != [STYLE_ROWS, STYLE_WIDTH] || stored.number != Number::F32 {
        let reason = format!(
            "voice `{name}` has shape {:?} of {}, expected [510, 1, 256] of F32",
            stored.shape,
            stored.number.name()
        );
        return Err(KokoroError::file(path, reason));
    }
    let mut bytes = Vec::with_capacity(BYTES);
    file.copy(stored, &mut bytes)
        .map_err(|error| KokoroError::file(path, error))?;
    Ok(floats(&bytes))
}

/// The arrays of an archive of numpy; none where it is another archive.
fn npz(path: &Path) -> Result<Option<Vec<PublishedVoice>>> {
    let failed = |error: &dyn std::fmt::Display| KokoroError::file(path, error);
    let file = File::open(path).map_err(|error| failed(&error))?;
    let mut archive = zip::ZipArchive::new(file).map_err(|error| failed(&error))?;
    let array_name = |name: Result<_, _>| {
        name.is_ok_and(|name: std::borrow::Cow<'_, str>| name.ends_with(".npy"))
    };
    let arrays = archive.file_names().all(array_name);
    if !arrays || archive.is_empty() {
        return Ok(None);
    }
    if archive.len() > MOST_VOICES {
        return Err(failed(&"holds more voices than any model has"));
    }
    let mut voices = Vec::new();
    for place in 0..archive.len() {
        let entry = archive.by_index(place).map_err(|error| failed(&error))?;
        let name = entry.name().map_err(|error| failed(&error))?;
        let name = name.trim_end_matches(".npy").to_owned();
        // What it says about its size is not believed: no more is unpacked than a voice has.
        let mut bytes = Vec::new();
        let most = (BYTES + LONGEST_HEADER + 1) as u64;
        let read = entry.take(most).read_to_end(&mut bytes);
        read.map_err(|error| failed(&error))?;
        let values = array(&bytes).map_err(|reason| failed(&format!("voice `{name}` {reason}")))?;
        voices.push(PublishedVoice::new(path, &name, values)?);
    }
    Ok(Some(voices))
}

/// The numbers of numpy's format, versions 1 to 3.
fn array(bytes: &[u8]) -> Result<Vec<f32>, String> {
    let odd = || "is not an array of numpy".to_owned();
    let rest = bytes.strip_prefix(b"\x93NUMPY").ok_or_else(odd)?;
    let (length, rest) = match rest {
        [1, _, a, b, rest @ ..] => (usize::from(u16::from_le_bytes([*a, *b])), rest),
        [2 | 3, _, a, b, c, d, rest @ ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, rest),
        _ => return Err(odd()),
    };
    let (header, numbers) = rest.split_at_checked(length).ok_or_else(odd)?;
    let header = String::from_utf8_lossy(header);
    let plain: String = header.chars().filter(|c| !c.is_whitespace()).collect();
    let shaped = ["'shape':(510,1,256)", "'shape':(510,256)"];
    if !plain.contains("'descr':'<f4'")
        || !plain.contains("'fortran_order':False")
        || !shaped.iter().any(|shape| plain.contains(shape))
        || numbers.len() != BYTES
    {
        return Err(format!(
            "is {}, expected [510, 1, 256] of little-endian f32",
            header.trim()
        ));
    }
    Ok(floats(numbers))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn npy(shape: &str, numbers: usize) -> Vec<u8> {
        let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(std::iter::repeat_n(0.5_f32.to_le_bytes(), numbers).flatten());
        bytes
    }

    #[test]
    fn an_archive_and_raw_numbers_are_voices() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("voices-v1.0.bin");
        let mut archive = zip::ZipWriter::new(File::create(&path).unwrap());
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored);
        for name in ["af_one", "pf_two"] {
            archive.start_file(format!("{name}.npy"), options).unwrap();
            archive.write_all(&npy("(510, 1, 256)", NUMBERS)).unwrap();
        }
        archive.finish().unwrap();
        let voices = read_voices(&path).unwrap();
        assert_eq!(voices[1].name, "pf_two");
        assert_eq!(voices[1].style.row(3)[9], 0.5);

        let path = folder.path().join("am_raw.bin");
        std::fs::write(&path, vec![0; BYTES]).unwrap();
        assert_eq!(read_voices(&path).unwrap()[0].name, "am_raw");
        std::fs::write(&path, vec![0; BYTES - 4]).unwrap();
        assert!(read_voices(&path).is_err());
    }

    #[test]
    fn arrays_of_another_shape_are_refused() {
        assert!(array(&npy("(510, 1, 256)", NUMBERS)).is_ok());
        assert!(array(&npy("(510, 1, 256)", NUMBERS - 1)).is_err());
        assert!(array(&npy("(511, 1, 256)", NUMBERS)).is_err());
        assert!(array(b"\x93NUMPY\x01\x00\xff\xff{").is_err());
    }
}
