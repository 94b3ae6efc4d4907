//! What the process says, written by a thread of its own so that the pipe does not hold up the device.

use std::{
    io::{self, Write as _},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

use super::Ending;
use crate::xtts::protocol::{Reply, encode};

/// Frames that wait for the pipe.
const QUEUE: usize = 256;

pub(super) struct Outbox(SyncSender<Vec<u8>>);

impl Outbox {
    pub(super) fn open() -> Self {
        let (outbox, frames) = sync_channel(QUEUE);
        let writing = move || write_all(&frames);
        // Without the thread the channel is closed, and the first word fails.
        if let Err(error) = thread::Builder::new()
            .name("xtts-writer".to_owned())
            .spawn(writing)
        {
            tracing::error!(%error, "the writing thread does not start");
        }
        Self(outbox)
    }

    pub(super) fn send(&self, reply: &Reply, body: &[u8]) -> Result<(), Ending> {
        let frame = encode(reply, body)?;
        self.0
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
