//! Why nothing was fetched, in words for whoever gave the address.

use std::{error::Error, io, time::Duration};

use kiskadee_shared::address::AddressError;
use reqwest::StatusCode;

use crate::guard::ResolveError;

/// Why there is no file. The sentences name no address or path of this machine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    #[error("{0}")]
    Address(#[from] AddressError),
    #[error("{0}")]
    Resolve(#[from] ResolveError),
    #[error("it leads from one address to the next, more than {0} times")]
    Redirects(usize),
    #[error("the server answered {0}")]
    Status(StatusCode),
    #[error("it is larger than {}", size(*.0))]
    TooLarge(u64),
    #[error("it did not come within {} minutes", .0.as_secs().div_ceil(60))]
    Slow(Duration),
    #[error("{}", described(.0))]
    Request(#[from] reqwest::Error),
    /// The program that reads pages is not on this machine.
    #[error("needs yt-dlp, which is not installed on this worker")]
    NoProgram,
    /// The last complaint of that program.
    #[error("{0}")]
    Program(String),
    /// Nothing to do with the address.
    #[error("the scratch directory cannot be written: {0}")]
    Scratch(#[from] io::Error),
}

/// Bytes in words.
fn size(bytes: u64) -> String {
    let mib = bytes as f64 / f64::from(1 << 20);
    if mib >= 1024.0 {
        format!("{:.1} GiB", mib / 1024.0)
    } else {
        format!("{mib:.1} MiB")
    }
}

fn described(error: &reqwest::Error) -> String {
    let causes = || std::iter::successors(error.source(), |&cause| cause.source());
    if let Some(refusal) = causes().find_map(|cause| cause.downcast_ref::<ResolveError>()) {
        refusal.to_string()
    } else if error.is_timeout() {
        "the server did not answer in time".to_owned()
    } else if error.is_connect() {
        "the server cannot be reached".to_owned()
    } else {
        "the connection broke off before all had come".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_by_people() {
        let told = |bytes| FetchError::TooLarge(bytes).to_string();
        assert_eq!(told(2 << 30), "it is larger than 2.0 GiB");
        assert_eq!(told(3 << 19), "it is larger than 1.5 MiB");
    }
}
