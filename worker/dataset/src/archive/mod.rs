//! ZIP archives that strangers send: read within limits, and written from front to back.
//!
//! Names in an archive are labels and never paths. What it claims of itself decides nothing that costs memory or time: sizes are those that are read.

mod error;
mod list;
mod read;
mod write;

pub use error::ArchiveError;
pub use list::Entry;
pub use read::Archive;
pub use write::ArchiveWriter;

/// What an archive may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Files and folders.
    pub entries: usize,
    /// Bytes of one file, unpacked.
    pub entry_bytes: u64,
    /// Bytes of all that is read, unpacked.
    pub total_bytes: u64,
    /// Unpacked to packed bytes of one file.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        const GIB: u64 = 1 << 30;
        Self {
            entries: 10_000,
            entry_bytes: 2 * GIB,
            total_bytes: 8 * GIB,
            ratio: 100,
        }
    }
}
