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
use tokio::{sync::Notify, task::spawn_blocking, time::timeout};

/// What one read of the file gives at most.
const READ_BYTES: usize = 64 * 1024;

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
    /// All that comes once the memory was full lies here, behind what lies there.
    file: Option<Arc<File>>,
    written: u64,
    read: u64,
    end: Option<End>,
    has_gone: bool,
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

pub(super) fn spool(limits: Limits) -> (Writer, Reader) {
    let shared = Arc::new(Shared {
        limits,
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
        self.room().await?;
        {
            let mut state = self.0.state();
            if state.file.is_none() && state.held + piece.len() <= self.0.limits.memory {
                state.held += piece.len();
                state.memory.push_back(piece);
                self.0.brought.notify_one();
                return Ok(());
            }
        }
        self.push_to_file(piece).await
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

    async fn room(&self) -> Result<(), SpoolError> {
        loop {
            {
                let state = self.0.state();
                if state.has_gone {
                    return Err(SpoolError::Gone);
                }
                if state.written - state.read < self.0.limits.file {
                    return Ok(());
                }
            }
            let taken = timeout(self.0.limits.stall, self.0.taken.notified());
            taken.await.map_err(|_| SpoolError::Stalled)?;
        }
    }

    async fn push_to_file(&self, piece: Bytes) -> Result<(), SpoolError> {
        let (file, at) = {
            let state = self.0.state();
            (state.file.clone(), state.written)
        };
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
        state.file = Some(file);
        state.written += length;
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
        self.0.state().read += length as u64;
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
        let waiting = usize::try_from(self.written - self.read).unwrap_or(usize::MAX);
        match (&self.file, self.end) {
            (Some(file), _) if waiting > 0 => Next::InFile {
                file: Arc::clone(file),
                at: self.read,
                length: waiting.min(READ_BYTES),
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
        let (writer, reader) = spool(LIMITS);
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
        let (writer, reader) = spool(LIMITS);
        writer.push(piece(1)).await.unwrap();
        drop(writer);
        assert!(reader.next().await.unwrap().is_ok());
        assert!(reader.next().await.unwrap().is_err());
    }

    #[tokio::test]
    async fn a_listener_that_takes_nothing_gets_no_proper_end() {
        let (writer, reader) = spool(LIMITS);
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
        let (writer, reader) = spool(LIMITS);
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
    async fn the_writer_learns_that_the_listener_has_gone() {
        let (writer, reader) = spool(LIMITS);
        drop(reader);
        writer.closed().await;
        let gone = writer.push(piece(1)).await;
        assert!(matches!(gone, Err(SpoolError::Gone)));
    }
}
