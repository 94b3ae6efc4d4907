//! Parts of a ZIP archive in memory, each inflated within a limit: an archive may claim to be small and not be.

use miniz_oxide::inflate::decompress_to_vec_with_limit;

/// Inflated bytes of one part.
const PART_BYTES: usize = 16 * 1024 * 1024;
const END: &[u8] = b"PK\x05\x06";
const END_BYTES: usize = 22;
/// What stands behind the end: a comment.
const COMMENT_BYTES: usize = 65_535;
const ENTRY: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";
/// Parts of a workbook are some dozens.
const MOST_PARTS: usize = 10_000;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const ENCRYPTED: u16 = 1;
/// Stands for a length or a place that is told in 64 bits elsewhere.
const IN_64_BITS: u32 = u32::MAX;
const ZIP64: u16 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ArchiveError {
    #[error("it is damaged or not whole")]
    Damaged,
    #[error("a part of it is larger than {} MiB", PART_BYTES / 1024 / 1024)]
    TooLarge,
    #[error("it is protected by a password")]
    Encrypted,
}

/// An archive whose list of parts has been read.
pub(super) struct Archive<'a> {
    file: &'a [u8],
    parts: Vec<Part<'a>>,
}

struct Part<'a> {
    name: &'a [u8],
    flags: u16,
    method: u16,
    packed: usize,
    at: usize,
}

impl<'a> Archive<'a> {
    pub(super) fn open(file: &'a [u8]) -> Result<Self, ArchiveError> {
        let parts = parts(file).ok_or(ArchiveError::Damaged)?;
        Ok(Self { file, parts })
    }

    /// The content of a part; none where there is no such part. Names are found in any case, as Excel finds them.
    pub(super) fn part(&self, name: &str) -> Result<Option<Vec<u8>>, ArchiveError> {
        let found = |part: &&Part<'_>| part.name.eq_ignore_ascii_case(name.as_bytes());
        self.parts
            .iter()
            .find(found)
            .map(|part| part.content(self.file))
            .transpose()
    }
}

impl Part<'_> {
    fn content(&self, file: &[u8]) -> Result<Vec<u8>, ArchiveError> {
        if self.flags & ENCRYPTED != 0 {
            return Err(ArchiveError::Encrypted);
        }
        let packed = self.packed_in(file).ok_or(ArchiveError::Damaged)?;
        match self.method {
            STORED if packed.len() > PART_BYTES => Err(ArchiveError::TooLarge),
            STORED => Ok(packed.to_vec()),
            DEFLATED => {
                decompress_to_vec_with_limit(packed, PART_BYTES).map_err(|error| {
                    match error.status {
                        miniz_oxide::inflate::TINFLStatus::HasMoreOutput => ArchiveError::TooLarge,
                        _ => ArchiveError::Damaged,
                    }
                })
            }
            _ => Err(ArchiveError::Damaged),
        }
    }

    fn packed_in<'f>(&self, file: &'f [u8]) -> Option<&'f [u8]> {
        let local = file.get(self.at..)?;
        local.starts_with(LOCAL).then_some(())?;
        let start = 30 + usize::from(u16_at(local, 26)?) + usize::from(u16_at(local, 28)?);
        local.get(start..start.checked_add(self.packed)?)
    }
}

fn parts(file: &[u8]) -> Option<Vec<Part<'_>>> {
    let searched = file.len().saturating_sub(END_BYTES + COMMENT_BYTES);
    let tail = file.get(searched..)?;
    let end = tail.windows(END.len()).rposition(|bytes| bytes == END)?;
    let end = tail.get(end..).filter(|end| end.len() >= END_BYTES)?;
    let number = usize::from(u16_at(end, 10)?).min(MOST_PARTS);
    let mut at = usize::try_from(u32_at(end, 16)?).ok()?;
    let mut parts = Vec::new();
    for _ in 0..number {
        let entry = file.get(at..)?;
        entry.starts_with(ENTRY).then_some(())?;
        let [name, extra, comment] = [28, 30, 32].map(|at| u16_at(entry, at).map(usize::from));
        let (name, extra, comment) = (name?, extra?, comment?);
        let more = entry.get(46 + name..46 + name + extra)?;
        let (packed, place) = lengths(entry, more)?;
        parts.push(Part {
            name: entry.get(46..46 + name)?,
            flags: u16_at(entry, 8)?,
            method: u16_at(entry, 10)?,
            packed,
            at: place,
        });
        at += 46 + name + extra + comment;
    }
    Some(parts)
}

/// How long a part is as it lies in the file, and where it lies.
fn lengths(entry: &[u8], more: &[u8]) -> Option<(usize, usize)> {
    let (packed, inflated, place) = (u32_at(entry, 20)?, u32_at(entry, 24)?, u32_at(entry, 42)?);
    let mut wide = zip64(more).unwrap_or_default().chunks_exact(8);
    let mut told = |value: u32| {
        let value = if value == IN_64_BITS {
            u64::from_le_bytes(wide.next()?.try_into().ok()?)
        } else {
            value.into()
        };
        usize::try_from(value).ok()
    };
    told(inflated)?;
    Some((told(packed)?, told(place)?))
}

/// The lengths in 64 bits of those that do not fit into 32, in their order.
fn zip64(mut more: &[u8]) -> Option<&[u8]> {
    loop {
        let (kind, length) = (u16_at(more, 0)?, usize::from(u16_at(more, 2)?));
        let content = more.get(4..4 + length)?;
        if kind == ZIP64 {
            return Some(content);
        }
        more = more.get(4 + length..)?;
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at + 2)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
pub(super) mod tests {
    use miniz_oxide::deflate::compress_to_vec;

    use super::*;

    /// An archive of these parts, deflated.
    pub(crate) fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let (mut file, mut list) = (Vec::new(), Vec::new());
        for (name, content) in parts {
            let packed = compress_to_vec(content, 6);
            let common = [
                &[20, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0][..],
                &(packed.len() as u32).to_le_bytes(),
                &(content.len() as u32).to_le_bytes(),
                &(name.len() as u16).to_le_bytes(),
                &[0, 0],
            ]
            .concat();
            list.extend([ENTRY, &[20, 0], &common, &[0; 10]].concat());
            list.extend((file.len() as u32).to_le_bytes());
            list.extend(name.as_bytes());
            file.extend([LOCAL, &common, name.as_bytes(), &packed].concat());
        }
        let place = file.len() as u32;
        let number = (parts.len() as u16).to_le_bytes();
        file.extend(&list);
        file.extend([END, &[0; 4], &number, &number].concat());
        file.extend((list.len() as u32).to_le_bytes());
        file.extend(place.to_le_bytes());
        file.extend([0, 0]);
        file
    }

    #[test]
    fn parts_are_found_by_name() {
        let file = archive(&[("a/b.xml", b"one"), ("c.xml", b"two")]);
        let archive = Archive::open(&file).unwrap();
        assert_eq!(archive.part("A/B.xml").unwrap().unwrap(), b"one");
        assert_eq!(archive.part("c.xml").unwrap().unwrap(), b"two");
        assert_eq!(archive.part("d.xml"), Ok(None));
    }

    #[test]
    fn what_inflates_without_end_is_refused() {
        let file = archive(&[("bomb", &vec![b' '; PART_BYTES + 1])]);
        assert!(file.len() < 100_000);
        let archive = Archive::open(&file).unwrap();
        assert_eq!(archive.part("bomb"), Err(ArchiveError::TooLarge));
    }

    #[test]
    fn damaged_archives_are_told() {
        let whole = archive(&[("a", b"some content"), ("b", b"more")]);
        for length in 0..whole.len() {
            let cut = whole.get(..length).unwrap_or_default();
            let read = Archive::open(cut).and_then(|archive| archive.part("a"));
            assert_eq!(read, Err(ArchiveError::Damaged), "{length}");
        }
        let mut protected = whole.clone();
        let entry = whole.windows(4).position(|bytes| bytes == ENTRY).unwrap();
        protected[entry + 8] = 1;
        let archive = Archive::open(&protected).unwrap();
        assert_eq!(archive.part("a"), Err(ArchiveError::Encrypted));
    }
}
