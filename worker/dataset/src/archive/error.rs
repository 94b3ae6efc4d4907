//! Why an archive is not read.

use std::io;

/// What a user is told: it goes on behind "the archive".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    #[error("is no ZIP, or is damaged or not whole")]
    Damaged,
    #[error("holds {found} files and folders; {most} are possible")]
    TooManyEntries { found: usize, most: usize },
    #[error("holds `{name}`, which is packed by a password; pack it without one")]
    Encrypted { name: String },
    #[error("holds the link `{name}`; pack what it leads to")]
    Link { name: String },
    #[error("holds another archive, `{name}`; unpack that first")]
    Nested { name: String },
    #[error(
        "holds `{name}`, which is packed by {method}; ordinary ZIP packing (deflate) or none is possible"
    )]
    Method { name: String, method: String },
    #[error("holds a file whose name is longer than {most} bytes")]
    LongName { most: usize },
    #[error("holds files that lie over each other")]
    Overlapping,
    #[error("holds `{name}`, which is larger than {most} bytes")]
    EntryTooLarge { name: String, most: u64 },
    #[error("unpacks to more than {most} bytes")]
    TooLarge { most: u64 },
    #[error("holds `{name}`, which unpacks to more than {most} times its size")]
    TooDense { name: String, most: u64 },
    #[error("holds `{name}`, which is damaged")]
    DamagedEntry { name: String },
    #[error("has no file number {0}")]
    NoEntry(usize),
    #[error("cannot be read: {0}")]
    Read(#[source] io::Error),
    #[error("cannot be written: {0}")]
    Write(#[source] io::Error),
}
