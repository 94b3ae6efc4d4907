//! Audio that has been brought and not been taken yet: in memory up to a bound, then in a file without a name, which is gone
//! with the process. So whoever brings it is done when it is made, however slowly it is played.
//!
//! The end is a mark of its own. A bringer that goes without setting it, for whatever reason, leaves a broken stream.

use std::{
    collections::VecDeque,
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::body::Bytes;
use tokio::{
    sync::Notify,
    task::spawn_blocking,
    time::{Instant, timeout},
};

use super::disk::{Disk, Reserved};

/// What one read of the file gives at most.
const READ_BYTES: usize = 64 * 1024;
/// Nobody tells a bringer that another's file has gone.
const LOOK_FOR_ROOM: Duration = Duration::from_secs(1);

/// What a spool takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub memory: usize,
    /// Not taken yet, in the file. Beyond this the bringer waits.
    pub file: u64,
    /// A listener that takes nothing for so long is given up. Buffers on the way to him hold megabytes and ask for more in steps
    /// of megabytes, which play for many minutes.
    pub stall: Duration,
}

/// Why a piece was not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum SpoolError {
    #[error("the listener has gone")]
    Gone,
    #[error("the listener takes nothing any more")]
    Stalled,
    #[error("the audio cannot be kept until it is taken: {0}")]
    File(#[from] io::Error),
}

/// The side that brings.
pub(super) struct Writer(Arc<Shared>);

/// The side that takes.
pub(super) struct Reader(Arc<Shared>);

struct Shared {
    limits: Limits,
    disk: Arc<Disk>,
    state: Mutex<State>,
    /// Something was brought, or it is over.
    brought: Notify,
    /// Something was taken, or the listener has gone.
    taken: Notify,
}

#[derive(Default)]
struct State {
    memory: VecDeque<Bytes>,
    held: usize,
    /// All that comes once the memory was full lies here, behind what lies there, until all of it has been taken.
    filed: Option<Filed>,
    end: Option<End>,
    has_gone: bool,
}

struct Filed {
    file: Arc<File>,
    written: u64,
    read: u64,
    /// For each piece that was written.
    reserved: Vec<Reserved>,
}

impl Filed {
    fn waiting(&self) -> u64 {
        self.written - self.read
    }
}

/// Where the next piece goes.
enum Place {
    Memory,
    /// Behind what the file holds, for which the disk has room; a new file where there is none.
    File(Option<Arc<File>>, u64, Reserved),
    Nowhere,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Whole,
    Broken,
}

/// Where the next piece lies.
enum Next {
    Piece(Bytes),
    InFile {
        file: Arc<File>,
        at: u64,
        length: usize,
    },
    End(End),
    Later,
}

pub(super) fn spool(limits: Limits, disk: &Arc<Disk>) -> (Writer, Reader) {
    let shared = Arc::new(Shared {
        limits,
        disk: Arc::clone(disk),
        state: Mutex::default(),
        brought: Notify::new(),
        taken: Notify::new(),
    });
    (Writer(Arc::clone(&shared)), Reader(shared))
}

impl Shared {
    /// Whole between any two statements, so a panic elsewhere does not spoil it.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer {
    pub(super) async fn push(&self, piece: Bytes) -> Result<(), SpoolError> {
        let mut last_taken = Instant::now();
        loop {
            match self.place(piece.len())? {
                Place::Memory => {
                    self.keep(piece);
                    return Ok(());
                }
                Place::File(file, at, reserved) => {
                    return self.write(file, at, piece, reserved).await;
                }
                Place::Nowhere => {}
            }
            let wait = LOOK_FOR_ROOM.min(self.0.limits.stall);
            if timeout(wait, self.0.taken.notified()).await.is_ok() {
                last_taken = Instant::now();
            } else if last_taken.elapsed() >= self.0.limits.stall {
                return Err(SpoolError::Stalled);
            }
        }
    }

    /// Nothing more comes, and nothing is missing.
    pub(super) fn finish(self) {
        self.0.state().end = Some(End::Whole);
    }

    /// Ends when the listener has gone.
    pub(super) async fn closed(&self) {
        while !self.0.state().has_gone {
            self.0.taken.notified().await;
        }
    }

    fn place(&self, bytes: usize) -> Result<Place, SpoolError> {
        let mut state = self.0.state();
        if state.has_gone {
            return Err(SpoolError::Gone);
        }
        // Nobody reads where all has been read.
        if state
            .filed
            .as_ref()
            .is_some_and(|filed| filed.waiting() == 0)
        {
            state.filed = None;
        }
        let limits = self.0.limits;
        let (file, at, waiting) = match &state.filed {
            Some(filed) => (
                Some(Arc::clone(&filed.file)),
                filed.written,
                filed.waiting(),
            ),
            None if state.held == 0 || state.held + bytes <= limits.memory => {
                return Ok(Place::Memory);
            }
            None => (None, 0, 0),
        };
        if waiting >= limits.file {
            return Ok(Place::Nowhere);
        }
        let reserved = self.0.disk.reserve(bytes as u64);
        Ok(reserved.map_or(Place::Nowhere, |reserved| Place::File(file, at, reserved)))
    }

    fn keep(&self, piece: Bytes) {
        let mut state = self.0.state();
        state.held += piece.len();
        state.memory.push_back(piece);
        self.0.brought.notify_one();
    }

    async fn write(
        &self,
        file: Option<Arc<File>>,
        at: u64,
        piece: Bytes,
        reserved: Reserved,
    ) -> Result<(), SpoolError> {
        let length = piece.len() as u64;
        let file = in_thread(move || {
            let file = match file {
                Some(file) => file,
                None => Arc::new(tempfile::tempfile()?),
            };
            file.write_all_at(&piece, at)?;
            Ok(file)
        })
        .await?;
        let mut state = self.0.state();
        let filed = state.filed.get_or_insert_with(|| Filed {
            file,
            written: 0,
            read: 0,
            reserved: Vec::new(),
        });
        filed.written += length;
        filed.reserved.push(reserved);
        self.0.brought.notify_one();
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.0.state().end.get_or_insert(End::Broken);
        self.0.brought.notify_one();
    }
}

impl Reader {
    /// The next piece; none at the proper end only.
    pub(super) async fn next(&self) -> Option<io::Result<Bytes>> {
        loop {
            // A statement of its own: the lock goes with it.
            let next = self.0.state().next();
            match next {
                Next::Piece(piece) => {
                    self.0.taken.notify_one();
                    return Some(Ok(piece));
                }
                Next::InFile { file, at, length } => {
                    return Some(self.read(file, at, length).await);
                }
                Next::End(End::Whole) => return None,
                Next::End(End::Broken) => {
                    return Some(Err(io::Error::other("the audio broke off")));
                }
                Next::Later => {}
            }
            self.0.brought.notified().await;
        }
    }

    async fn read(&self, file: Arc<File>, at: u64, length: usize) -> io::Result<Bytes> {
        let piece = in_thread(move || {
            let mut buffer = vec![0; length];
            file.read_exact_at(&mut buffer, at)?;
            Ok(Bytes::from(buffer))
        })
        .await?;
        if let Some(filed) = &mut self.0.state().filed {
            filed.read += length as u64;
        }
        self.0.taken.notify_one();
        Ok(piece)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.state().has_gone = true;
        self.0.taken.notify_one();
    }
}

impl State {
    fn next(&mut self) -> Next {
        if let Some(piece) = self.memory.pop_front() {
            self.held -= piece.len();
            return Next::Piece(piece);
        }
        match (&self.filed, self.end) {
            (Some(filed), _) if filed.waiting() > 0 => Next::InFile {
                file: Arc::clone(&filed.file),
                at: filed.read,
                length: usize::try_from(filed.waiting())
                    .map_or(READ_BYTES, |waiting| waiting.min(READ_BYTES)),
            },
            (_, Some(end)) => Next::End(end),
            _ => Next::Later,
        }
    }
}

async fn in_thread<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    spawn_blocking(work).await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        memory: 10,
        file: 100,
        stall: Duration::from_millis(50),
    };

    fn piece(number: u8) -> Bytes {
        Bytes::from(vec![number; 7])
    }

    async fn all(reader: &Reader) -> Vec<u8> {
        let mut all = Vec::new();
        while let Some(piece) = reader.next().await {
            all.extend(piece.unwrap());
        }
        all
    }

    #[tokio::test]
    async fn what_is_taken_late_is_whole_and_in_order() {
        let (writer, reader) = spool(LIMITS, &Disk::new(1 << 20));
        let mut expected = Vec::new();
        for number in 0..10 {
            writer.push(piece(number)).await.unwrap();
            expected.extend(piece(number));
        }
        writer.finish();
        assert_eq!(all(&reader).await, expected);
    }

    #[tokio::test]
    async fn a_writer_that_goes_without_a_word_breaks_the_stream() {
        let (writer, reader) = spool(LIMITS, &Disk::new(1 << 20));
        writer.push(piece(1)).await.unwrap();
        drop(writer);
        assert!(reader.next().await.unwrap().is_ok());
        assert!(reader.next().await.unwrap().is_err());
    }

    #[tokio::test]
    async fn a_listener_that_takes_nothing_gets_no_proper_end() {
        let (writer, reader) = spool(LIMITS, &Disk::new(1 << 20));
        let stalled = loop {
            if let Err(error) = writer.push(piece(1)).await {
                break error;
            }
        };
        assert!(matches!(stalled, SpoolError::Stalled), "{stalled}");
        drop(writer);
        let mut last = None;
        while let Some(Ok(piece)) = reader.next().await {
            last = Some(piece);
        }
        assert!(last.is_some() && reader.next().await.is_some_and(|end| end.is_err()));
    }

    #[tokio::test]
    async fn one_that_takes_slowly_gets_everything() {
        let (writer, reader) = spool(LIMITS, &Disk::new(1 << 20));
        let bringing = tokio::spawn(async move {
            for _ in 0..40 {
                writer.push(piece(1)).await.unwrap();
            }
            writer.finish();
        });
        let mut taken = 0;
        while let Some(piece) = reader.next().await {
            taken += piece.unwrap().len();
            tokio::time::sleep(LIMITS.stall / 3).await;
        }
        bringing.await.unwrap();
        assert_eq!(taken, 280);
    }

    #[tokio::test]
    async fn a_full_disk_makes_bringers_wait_and_is_free_again() {
        let disk = Disk::new(14);
        let (hoarding, hoarder) = spool(LIMITS, &disk);
        for _ in 0..3 {
            hoarding.push(piece(1)).await.unwrap();
        }
        let (writer, reader) = spool(LIMITS, &disk);
        let bringing = tokio::spawn(async move {
            for number in 0..9 {
                writer.push(piece(number)).await.unwrap();
            }
            writer.finish();
        });
        for number in 0..2 {
            assert_eq!(reader.next().await.unwrap().unwrap(), piece(number));
        }
        drop((hoarding, hoarder));
        let rest: Vec<u8> = (2..9).flat_map(piece).collect();
        assert_eq!(all(&reader).await, rest);
        bringing.await.unwrap();
        drop(reader);
        assert!(disk.reserve(14).is_some());
    }

    #[tokio::test]
    async fn the_writer_learns_that_the_listener_has_gone() {
        let (writer, reader) = spool(LIMITS, &Disk::new(1 << 20));
        drop(reader);
        writer.closed().await;
        let gone = writer.push(piece(1)).await;
        assert!(matches!(gone, Err(SpoolError::Gone)));
    }
}
