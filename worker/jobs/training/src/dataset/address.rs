//! One address: a file by itself, or a page with a file behind it.

use std::path::PathBuf;

use kiskadee_media::is_page;
use kiskadee_outbound::{Allowance, FetchError, Fetched};
use kiskadee_runner::{Attempt, JobError};
use kiskadee_shared::address::check_source_url;
use tempfile::TempDir;
use tokio::time::Instant;
use url::Url;

use super::{args::DownloadArgs, recording::no_scratch};
use crate::family::Workshop;

/// How servers refuse whoever is no browser.
const COLD: [u16; 4] = [401, 403, 406, 429];

/// Where a recording is fetched from, and what it may cost.
pub(super) struct Address<'a> {
    pub(super) workshop: &'a Workshop,
    pub(super) attempt: &'a Attempt,
    pub(super) args: &'a DownloadArgs,
    /// That the owner may still store.
    pub(super) bytes: u64,
}

/// A file that came. It is gone with this.
pub(super) struct Come {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    /// For people.
    pub(super) name: String,
    _folder: TempDir,
}

impl Address<'_> {
    /// Fetches, or tells why the address leads to nothing.
    pub(super) async fn fetch(
        &self,
        url: &str,
        told: impl Fn(u64),
    ) -> Result<Result<Come, String>, JobError> {
        let folder = tempfile::Builder::new()
            .prefix("address-")
            .tempdir_in(&self.workshop.scratch)
            .map_err(|error| no_scratch(&error))?;
        match self.fetched(url, &folder, told).await {
            Ok((path, bytes, name)) => Ok(Ok(Come {
                path,
                bytes,
                name,
                _folder: folder,
            })),
            Err(FetchError::Scratch(error)) => Err(no_scratch(&error)),
            Err(error) => Ok(Err(error.to_string())),
        }
    }

    async fn fetched(
        &self,
        url: &str,
        folder: &TempDir,
        told: impl Fn(u64),
    ) -> Result<(PathBuf, u64, String), FetchError> {
        let downloads = &self.workshop.downloads;
        let url = check_source_url(url)?;
        let (begun, within) = (Instant::now(), downloads.limits.within);
        let allowance = |elapsed| Allowance {
            bytes: downloads.limits.bytes.min(self.bytes),
            within: within.saturating_sub(elapsed),
        };
        let into = folder.path().join("file");
        let plain =
            downloads
                .fetcher
                .fetch(&url, &into, allowance(begun.elapsed()), is_page, &told);
        match plain.await {
            Ok(Fetched::File { bytes, url }) => return Ok((into, bytes, named(&url))),
            Ok(Fetched::Page) => {}
            Err(FetchError::Status(status))
                if downloads.pages.is_some() && COLD.contains(&status.as_u16()) => {}
            Err(error) => return Err(error),
        }
        let pages = downloads.pages.as_ref().ok_or(FetchError::NoProgram)?;
        let inside = folder.path().join("page");
        let found = pages
            .fetch(&url, &inside, allowance(begun.elapsed()), &told)
            .await?;
        let file = found.path.file_name().unwrap_or_default();
        let name = shown(&file.to_string_lossy());
        Ok((found.path, found.bytes, name))
    }
}

/// How people would call what lies at an address.
fn named(url: &Url) -> String {
    let last = url.path().rsplit('/').find(|part| !part.is_empty());
    shown(last.or(url.host_str()).unwrap_or("recording"))
}

fn shown(name: &str) -> String {
    let shown = name.chars().filter(|letter| !letter.is_control());
    shown.take(255).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_as_its_address_ends() {
        for (url, name) in [
            ("https://example.com/talks/one.mp3?x=1", "one.mp3"),
            ("https://example.com/talks/", "talks"),
            ("https://example.com", "example.com"),
        ] {
            assert_eq!(named(&url.parse().unwrap()), name);
        }
    }
}
