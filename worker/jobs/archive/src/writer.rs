//! A ZIP that is written from front to back into an upload.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use object_store::buffered::BufWriter;
use tokio::io::AsyncWriteExt;
use zip::{
    CompressionMethod, DateTime, ZipWriter,
    write::{SimpleFileOptions, StreamWriter},
};

use kiskadee_storage::{StoreError, abort};

use crate::ArchiveError;

/// Files from this size on need the 64-bit fields.
const LARGE_FILE: u64 = u32::MAX as u64;

/// The ZIP's bytes on their way from the (synchronous) ZIP writer to the upload.
#[derive(Debug, Clone, Default)]
struct Pipe(Arc<Mutex<Vec<u8>>>);

impl Pipe {
    fn take(&self) -> Bytes {
        // Only ever extended or taken whole, so what a panic left is sound.
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) struct ArchiveWriter {
    zip: ZipWriter<StreamWriter<Pipe>>,
    pipe: Pipe,
    upload: BufWriter,
    bytes: u64,
}

impl ArchiveWriter {
    pub(crate) fn new(upload: BufWriter) -> Self {
        let pipe = Pipe::default();
        Self {
            zip: ZipWriter::new_stream(pipe.clone()),
            pipe,
            upload,
            bytes: 0,
        }
    }

    /// Begins a file; `bytes` tells whether it is a large one.
    pub(crate) fn start(&mut self, name: &str, bytes: u64) -> Result<(), ArchiveError> {
        // The default time is the format's first one, 1980: archives of the same content are the same.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644)
            .large_file(bytes >= LARGE_FILE);
        Ok(self.zip.start_file(name, options)?)
    }

    /// Writes on into the file that was begun last.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.zip
            .write_all(bytes)
            .map_err(zip::result::ZipError::from)?;
        self.bytes += send(&self.pipe, &mut self.upload).await?;
        Ok(())
    }

    /// Ends the archive and answers its size.
    pub(crate) async fn finish(mut self) -> Result<u64, ArchiveError> {
        let written = match self.zip.finish() {
            Ok(_) => send(&self.pipe, &mut self.upload).await,
            Err(error) => Err(error.into()),
        };
        match written {
            Ok(bytes) => self.bytes += bytes,
            Err(error) => {
                abort(&mut self.upload).await;
                return Err(error);
            }
        }
        self.upload.shutdown().await.map_err(StoreError::from)?;
        Ok(self.bytes)
    }

    pub(crate) async fn abort(mut self) {
        abort(&mut self.upload).await;
    }
}

/// Moves what the ZIP writer has given so far to the upload, and answers how much that was.
async fn send(pipe: &Pipe, upload: &mut BufWriter) -> Result<u64, ArchiveError> {
    let bytes = pipe.take();
    let length = bytes.len() as u64;
    upload.put(bytes).await.map_err(StoreError::from)?;
    Ok(length)
}
