//! Calls to addresses that strangers gave. Nothing here knows what is called or what comes of it.
//!
//! [`Guard`] resolves names and lets only allowed addresses through, at every connection. [`Fetcher`] takes a file from an address with it,
//! [`Proxy`] lends it to a program that fetches by itself, and [`PageProgram`] runs such a program: yt-dlp, for addresses of pages.

mod error;
mod fetcher;
mod guard;
mod head;
mod page_program;
mod proxy;
mod reach;
mod watch;

pub use self::{
    error::FetchError,
    fetcher::{Fetched, Fetcher},
    guard::{Guard, HostResolver, ResolveError, SystemResolver},
    page_program::{Found, PageProgram},
    proxy::Proxy,
    reach::{Reach, ReachError},
};

/// What one address may cost.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    /// Bytes that may lie on the disk.
    pub bytes: u64,
    /// From the first connection to the last byte.
    pub within: std::time::Duration,
}
