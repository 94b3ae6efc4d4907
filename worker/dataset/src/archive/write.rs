//! An archive written from front to back, so that none of it need be held.

use std::io::{self, Write};

use zip::result::ZipError;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::ArchiveError;

/// Files from this size on need the 64-bit fields.
const LARGE_FILE: u64 = u32::MAX as u64;

/// A ZIP of plainly stored files: FLAC packs no further. Archives of the same files are the same bytes.
pub struct ArchiveWriter<W: Write>(ZipWriter<StreamWriter<W>>);

impl<W: Write> ArchiveWriter<W> {
    pub fn new(to: W) -> Self {
        Self(ZipWriter::new_stream(to))
    }

    /// Begins a file, into which [`Write`] goes then; `bytes` tells whether it is a large one.
    pub fn start(&mut self, name: &str, bytes: u64) -> Result<(), ArchiveError> {
        // The default time is the format's first one, 1980.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644)
            .large_file(bytes >= LARGE_FILE);
        self.0.start_file(name, options).map_err(not_written)
    }

    /// Ends the archive, and gives back what it was written to.
    pub fn finish(self) -> Result<W, ArchiveError> {
        let stream = self.0.finish().map_err(not_written)?;
        Ok(stream.into_inner())
    }
}

fn not_written(error: ZipError) -> ArchiveError {
    ArchiveError::Write(error.into())
}

impl<W: Write> Write for ArchiveWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
