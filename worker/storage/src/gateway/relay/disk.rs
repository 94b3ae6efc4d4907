//! The room on disk that all spools of a process share.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// What the files of all spools may hold together. Where nothing is left, bringers wait for their listeners.
#[derive(Debug)]
pub(super) struct Disk(AtomicU64);

impl Disk {
    pub(super) fn new(bytes: u64) -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(bytes)))
    }

    pub(super) fn reserve(self: &Arc<Self>, bytes: u64) -> Option<Reserved> {
        let left = |left: u64| left.checked_sub(bytes);
        let updated = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, left);
        updated.is_ok().then(|| Reserved {
            disk: Arc::clone(self),
            bytes,
        })
    }
}

/// A part of the disk; free again when this is dropped.
pub(super) struct Reserved {
    disk: Arc<Disk>,
    bytes: u64,
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.disk.0.fetch_add(self.bytes, Ordering::Relaxed);
    }
}
