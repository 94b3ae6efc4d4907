//! Log files that cannot fill a disk: a file that reaches its limit is renamed and the oldest one removed.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tracing_subscriber::fmt::MakeWriter;

const LIMIT_BYTES: u64 = 64 << 20;
/// Renamed files beside the current one: `x.jsonl.1` is the newest.
const KEPT: u32 = 4;

/// Writes one whole line at a time, shared between threads.
#[derive(Clone)]
pub(crate) struct LogFile(Arc<Mutex<Rotating>>);

struct Rotating {
    path: PathBuf,
    file: File,
    written: u64,
    limit: u64,
}

impl LogFile {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Rotating::open(path, LIMIT_BYTES).map(|file| Self(Arc::new(Mutex::new(file))))
    }

    fn write_line(&self, line: &[u8]) -> io::Result<()> {
        // A writer that panicked leaves at worst a broken line.
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write_line(line)
    }

    /// Copies lines until the other side closes the pipe. A full disk must not stop who writes to it.
    pub(crate) fn copy_lines(&self, from: impl Read) {
        let mut reader = BufReader::new(from);
        let mut line = Vec::new();
        while matches!(reader.read_until(b'\n', &mut line), Ok(read) if read > 0) {
            let _ = self.write_line(&line);
            line.clear();
        }
    }
}

impl Rotating {
    fn open(path: &Path, limit: u64) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let written = file.metadata()?.len();
        Ok(Self {
            path: path.to_owned(),
            file,
            written,
            limit,
        })
    }

    fn write_line(&mut self, line: &[u8]) -> io::Result<()> {
        if self.written > 0 && self.written + line.len() as u64 > self.limit {
            self.rotate()?;
        }
        self.file.write_all(line)?;
        self.written += line.len() as u64;
        Ok(())
    }

    fn rotate(&mut self) -> io::Result<()> {
        for age in (1..KEPT).rev() {
            // The older file may not exist yet.
            let _ = std::fs::rename(self.aged(age), self.aged(age + 1));
        }
        std::fs::rename(&self.path, self.aged(1))?;
        *self = Self::open(&self.path, self.limit)?;
        Ok(())
    }

    fn aged(&self, age: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{age}"));
        name.into()
    }
}

/// One event's line; `tracing` writes it in one call.
pub(crate) struct LineWriter(LogFile);

impl Write for LineWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.write_line(line).map(|()| line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogFile {
    type Writer = LineWriter;

    fn make_writer(&'a self) -> LineWriter {
        LineWriter(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_file_is_renamed_and_the_oldest_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("edge.jsonl");
        let mut log = Rotating::open(&path, 10).unwrap();
        for line in 0..12 {
            log.write_line(format!("line {line:02}\n").as_bytes())
                .unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "line 11\n");
        assert_eq!(std::fs::read_to_string(log.aged(1)).unwrap(), "line 10\n");
        assert_eq!(
            std::fs::read_dir(&folder).unwrap().count(),
            1 + KEPT as usize
        );
    }

    #[test]
    fn lines_of_a_pipe_are_copied() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("postgres.log");
        let log = LogFile::open(&path).unwrap();
        log.copy_lines(&b"one\ntwo"[..]);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo");
    }
}
