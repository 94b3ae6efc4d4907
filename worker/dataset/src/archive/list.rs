//! What lies in an archive, by the list at its end.

use std::io::{Read, Seek};

use zip::CompressionMethod;
use zip::read::{Config, ZipFileEntry};
use zip::result::ZipError;
// The only reader of the crate that holds no entry in memory: a list of millions is refused by its length.
use zip::unstable::read::ZipIterable;

use super::{ArchiveError, Limits};
use crate::formats::is_junk;

const LONGEST_NAME: usize = 1_024;
/// The part of a Unix mode that says what a file is, and that of an ordinary one.
const KIND: u32 = 0o170_000;
const ORDINARY: u32 = 0o100_000;
const FOLDER: u32 = 0o040_000;
/// How the names of archives end.
const ARCHIVES: [&str; 14] = [
    ".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".tbz2", ".xz", ".txz", ".zst", ".jar",
    ".lzma", ".cab",
];
/// Bytes of a header before a file, without its name.
pub(super) const HEADER: u64 = 30;

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// As the archive says: a label to compare, never a path to open.
    pub name: String,
    /// Unpacked, as the archive says: it may lie.
    pub bytes: u64,
    pub(super) header: u64,
    pub(super) packed: u64,
    pub(super) is_deflated: bool,
    pub(super) checksum: u32,
}

/// The files of an archive of `length` bytes, without folders and what systems leave behind.
pub(super) fn list(
    reader: &mut (impl Read + Seek),
    length: u64,
    limits: &Limits,
) -> Result<Vec<Entry>, ArchiveError> {
    let mut zip = ZipIterable::try_new(reader, Config::default()).map_err(damaged)?;
    if zip.len() > limits.entries {
        return Err(ArchiveError::TooManyEntries {
            found: zip.len(),
            most: limits.entries,
        });
    }
    let mut entries = Vec::with_capacity(zip.len());
    for found in zip.files().map_err(damaged)? {
        entries.extend(entry(&found.map_err(damaged)?)?);
    }
    check_places(&entries, length)?;
    entries.retain(|entry| !is_junk(&entry.name));
    Ok(entries)
}

fn damaged(error: ZipError) -> ArchiveError {
    match error {
        ZipError::Io(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
            ArchiveError::Read(error)
        }
        _ => ArchiveError::Damaged,
    }
}

fn entry(found: &ZipFileEntry<'_>) -> Result<Option<Entry>, ArchiveError> {
    if found.name_raw().len() > LONGEST_NAME {
        return Err(ArchiveError::LongName { most: LONGEST_NAME });
    }
    let name = found.name().map_err(damaged)?.into_owned();
    let kind = found.unix_mode().map_or(0, |mode| mode & KIND);
    if found.is_symlink() || !matches!(kind, 0 | ORDINARY | FOLDER) {
        return Err(ArchiveError::Link { name });
    }
    if found.is_dir() || kind == FOLDER {
        return Ok(None);
    }
    if found.encrypted() {
        return Err(ArchiveError::Encrypted { name });
    }
    let lower = name.to_lowercase();
    if !is_junk(&name) && ARCHIVES.iter().any(|ending| lower.ends_with(ending)) {
        return Err(ArchiveError::Nested { name });
    }
    let is_deflated = match found.compression() {
        CompressionMethod::Stored => false,
        CompressionMethod::DEFLATE => true,
        other => {
            let method = other.to_string();
            return Err(ArchiveError::Method { name, method });
        }
    };
    Ok(Some(Entry {
        name,
        bytes: found.size(),
        header: found.header_start(),
        packed: found.compressed_size(),
        is_deflated,
        checksum: found.crc32(),
    }))
}

/// Each file lies by itself: files that share bytes unpack to more than any archive of honest files.
fn check_places(entries: &[Entry], length: u64) -> Result<(), ArchiveError> {
    let mut places: Vec<(u64, u64)> = Vec::with_capacity(entries.len());
    for entry in entries {
        let end = entry.header.checked_add(HEADER + entry.packed.min(length));
        match end.filter(|end| *end <= length && entry.packed <= length) {
            Some(end) => places.push((entry.header, end)),
            None => return Err(ArchiveError::Damaged),
        }
    }
    places.sort_unstable();
    let is_apart = places
        .array_windows()
        .all(|[(_, end), (start, _)]| end <= start);
    is_apart.then_some(()).ok_or(ArchiveError::Overlapping)
}
