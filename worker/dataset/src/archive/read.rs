//! Files of an archive, unpacked as far as the limits go.

use std::io::{self, Read, Seek, SeekFrom, Write};

use flate2::Crc;
use flate2::read::DeflateDecoder;

use super::list::{HEADER, list};
use super::{ArchiveError, Entry, Limits};

const PIECE: usize = 64 * 1024;
/// So much may unpack from anything: a few lines alike pack well.
const FREE_BYTES: u64 = 1 << 20;
const LOCAL: &[u8] = b"PK\x03\x04";
/// How archives begin, whatever they are called. (A tar has no beginning of its own, and is not audio either.)
const ARCHIVES: [&[u8]; 7] = [
    LOCAL,
    b"PK\x05\x06",
    b"Rar!\x1A\x07",
    b"7z\xBC\xAF\x27\x1C",
    b"\x1F\x8B",
    b"BZh",
    b"\xFD7zXZ\x00",
];

/// An archive of which all that its list says is within the limits.
#[derive(Debug)]
pub struct Archive<R> {
    reader: R,
    length: u64,
    limits: Limits,
    entries: Vec<Entry>,
    /// Unpacked so far.
    unpacked: u64,
}

impl<R: Read + Seek> Archive<R> {
    /// Reads the list of files, and none of them.
    ///
    /// Errors: no ZIP, too many files, and links, archives, encrypted files and strange methods of packing among them.
    pub fn open(mut reader: R, limits: Limits) -> Result<Self, ArchiveError> {
        let length = reader.seek(SeekFrom::End(0)).map_err(ArchiveError::Read)?;
        let entries = list(&mut reader, length, &limits)?;
        Ok(Self {
            reader,
            length,
            limits,
            entries,
            unpacked: 0,
        })
    }

    /// The files in the archive's order, without folders and what systems leave behind.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// A file of at most `most` bytes, in memory.
    pub fn read(&mut self, index: usize, most: u64) -> Result<Vec<u8>, ArchiveError> {
        let mut content = Vec::new();
        self.unpack(index, most, &mut content)?;
        Ok(content)
    }

    /// Unpacks a file into `to`, and answers its length in bytes. What was written before an error is worth nothing.
    ///
    /// Errors: a limit that is passed, another archive, another checksum than the list's.
    pub fn copy(&mut self, index: usize, to: &mut impl Write) -> Result<u64, ArchiveError> {
        self.unpack(index, self.limits.entry_bytes, to)
    }

    fn unpack(
        &mut self,
        index: usize,
        most: u64,
        to: &mut impl Write,
    ) -> Result<u64, ArchiveError> {
        let entry = self.entries.get(index).cloned();
        let entry = entry.ok_or(ArchiveError::NoEntry(index))?;
        self.seek_to(&entry)?;
        let packed = (&mut self.reader).take(entry.packed);
        let mut content: Box<dyn Read + '_> = if entry.is_deflated {
            Box::new(DeflateDecoder::new(packed))
        } else {
            Box::new(packed)
        };
        let mut meter = Meter {
            most: most.min(self.limits.entry_bytes),
            limits: self.limits,
            entry: &entry,
            read: 0,
            checksum: Crc::new(),
            all: &mut self.unpacked,
        };
        let mut piece = vec![0; PIECE];
        loop {
            let filled = fill(&mut content, &mut piece).map_err(|error| broken(error, &entry))?;
            let Some(piece) = piece.get(..filled).filter(|piece| !piece.is_empty()) else {
                return meter.finish();
            };
            meter.take(piece)?;
            to.write_all(piece).map_err(ArchiveError::Write)?;
        }
    }

    /// To the first byte of a file, behind its header.
    fn seek_to(&mut self, entry: &Entry) -> Result<(), ArchiveError> {
        let mut header = [0; HEADER as usize];
        let at = SeekFrom::Start(entry.header);
        self.reader.seek(at).map_err(ArchiveError::Read)?;
        let read = self.reader.read_exact(&mut header);
        read.map_err(|error| broken(error, entry))?;
        let [.., name_low, name_high, extra_low, extra_high] = header;
        let more = [[name_low, name_high], [extra_low, extra_high]].map(u16::from_le_bytes);
        let start = entry.header + HEADER + more.map(u64::from).iter().sum::<u64>();
        if !header.starts_with(LOCAL) || start + entry.packed > self.length {
            let name = entry.name.clone();
            return Err(ArchiveError::DamagedEntry { name });
        }
        let found = self.reader.seek(SeekFrom::Start(start));
        found.map(|_| ()).map_err(ArchiveError::Read)
    }
}

/// What is counted of a file while it is read.
struct Meter<'a> {
    most: u64,
    limits: Limits,
    entry: &'a Entry,
    read: u64,
    checksum: Crc,
    /// Of all files of the archive.
    all: &'a mut u64,
}

impl Meter<'_> {
    fn take(&mut self, piece: &[u8]) -> Result<(), ArchiveError> {
        let name = || self.entry.name.clone();
        if self.read == 0
            && ARCHIVES
                .iter()
                .any(|beginning| piece.starts_with(beginning))
        {
            return Err(ArchiveError::Nested { name: name() });
        }
        let length = piece.len() as u64;
        self.read += length;
        *self.all += length;
        let most = self.most;
        if self.read > most {
            return Err(ArchiveError::EntryTooLarge { name: name(), most });
        }
        let most = self.limits.ratio;
        if self.read > self.entry.packed.saturating_mul(most).max(FREE_BYTES) {
            return Err(ArchiveError::TooDense { name: name(), most });
        }
        let most = self.limits.total_bytes;
        if *self.all > most {
            return Err(ArchiveError::TooLarge { most });
        }
        self.checksum.update(piece);
        Ok(())
    }

    fn finish(self) -> Result<u64, ArchiveError> {
        if self.checksum.sum() != self.entry.checksum {
            let name = self.entry.name.clone();
            return Err(ArchiveError::DamagedEntry { name });
        }
        Ok(self.read)
    }
}

/// As much as there is, so that the first piece shows how a file begins.
fn fill(content: &mut impl Read, piece: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(free) = piece.get_mut(filled..).filter(|free| !free.is_empty()) {
        match content.read(free) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn broken(error: io::Error, entry: &Entry) -> ArchiveError {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    match error.kind() {
        InvalidData | InvalidInput | UnexpectedEof => ArchiveError::DamagedEntry {
            name: entry.name.clone(),
        },
        _ => ArchiveError::Read(error),
    }
}
