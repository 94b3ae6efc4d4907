//! What the process says, written by a thread of its own so that the pipe does not hold up the device.

use std::{
    io::{self, Write as _},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

use super::Ending;
use crate::{
    Failure, Protocol,
    frame::encode,
    messages::{Reply, ReplyOf},
};

/// Frames that wait for the pipe.
const QUEUE: usize = 256;

/// The way to the parent; cheap to clone.
pub struct Outbox<P> {
    frames: SyncSender<Vec<u8>>,
    protocol: std::marker::PhantomData<fn(P)>,
}

impl<P> Clone for Outbox<P> {
    fn clone(&self) -> Self {
        Self {
            frames: self.frames.clone(),
            protocol: self.protocol,
        }
    }
}

impl<P: Protocol> Outbox<P> {
    pub(super) fn open() -> Self {
        let (outbox, frames) = sync_channel(QUEUE);
        let writing = move || write_all(&frames);
        // Without the thread the channel is closed, and the first word fails.
        if let Err(error) = thread::Builder::new()
            .name(format!("{}-writer", P::NAME))
            .spawn(writing)
        {
            tracing::error!(%error, "the writing thread does not start");
        }
        Self {
            frames: outbox,
            protocol: std::marker::PhantomData,
        }
    }

    pub(super) fn hello(&self, hello: P::Hello) -> Result<(), Ending> {
        let version = P::VERSION;
        self.send(&Reply::Hello { version, hello }, &[])
    }

    /// A sign of life while there is nothing to show.
    pub fn alive(&self) -> Result<(), Ending> {
        self.send(&Reply::Alive, &[])
    }

    pub fn part(&self, id: u64, body: &[u8]) -> Result<(), Ending> {
        self.send(&Reply::Part { id }, body)
    }

    pub fn finish(&self, id: u64, end: P::End, body: &[u8]) -> Result<(), Ending> {
        self.send(&Reply::Finished { id, end }, body)
    }

    pub fn fail(&self, id: u64, failure: Failure, message: String) -> Result<(), Ending> {
        let failed = Reply::Failed {
            id,
            failure,
            message,
        };
        self.send(&failed, &[])
    }

    fn send(&self, reply: &ReplyOf<P>, body: &[u8]) -> Result<(), Ending> {
        let frame = encode(reply, body)?;
        self.frames
            .send(frame)
            .map_err(|_| Ending::Protocol("nobody reads what is said".to_owned()))
    }
}

fn write_all(frames: &Receiver<Vec<u8>>) {
    let mut output = io::stdout().lock();
    while let Ok(frame) = frames.recv() {
        if output
            .write_all(&frame)
            .and_then(|()| output.flush())
            .is_err()
        {
            return;
        }
    }
}
