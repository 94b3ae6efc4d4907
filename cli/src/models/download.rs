//! Downloads a repository's files into a folder, where an interrupted download goes on.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use kiskadee_shared::causes;
use reqwest::{Client, Response, StatusCode, Url};
use sha2::{Digest as _, Sha256};
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

use super::hub::{Description, Hub, Repository, refusal};
use super::meter::Meter;

/// How often in a row a transfer may break without having brought anything.
const VAIN_ATTEMPTS: u32 = 5;

/// A repository whose revision is pinned to a commit, where the server names one.
pub(super) struct Download {
    hub: Hub,
    pub(super) repository: Repository,
    /// Where its files lie, finished ones under their names.
    pub(super) folder: PathBuf,
}

/// Why one transfer ended early.
enum Broken {
    /// Another attempt may go on from there.
    Transfer(anyhow::Error),
    ForGood(anyhow::Error),
}

impl Download {
    /// Begins or goes on in a folder of the repository inside `around`. `file` is one that the repository must have.
    pub(super) async fn begin(
        mut repository: Repository,
        file: &str,
        around: &Path,
    ) -> Result<Self> {
        let hub = Hub::of(&repository)?;
        let described = hub.describe(&repository, file).await?;
        let described = described.with_context(|| {
            format!(
                "{} has no {file}: it holds no model that can be imported",
                repository.name()
            )
        })?;
        if let Some(commit) = described.commit {
            repository.pin(commit);
        }
        let folder = around.join(repository.folder());
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        Ok(Self {
            hub,
            repository,
            folder,
        })
    }

    /// Brings a file. `false` where the repository does not have it.
    pub(super) async fn bring(&self, file: &str) -> Result<bool> {
        let target = self.folder.join(file);
        if self.repository.moves() {
            // What lies there may be of another version.
            remove(&target)?;
        }
        let Some(described) = self.hub.describe(&self.repository, file).await? else {
            return Ok(false);
        };
        if target.is_file() {
            // Its name was given when its size and digest had been compared.
            return Ok(true);
        }
        if let Some(around) = target.parent() {
            fs::create_dir_all(around)
                .with_context(|| format!("cannot create {}", around.display()))?;
        }
        let pinned =
            !self.repository.moves() && (described.commit.is_some() || described.sha256.is_some());
        let transfer = Transfer {
            label: file,
            described: &described,
            part: part_of(&target),
            fetch: async |from| self.hub.fetch(&self.repository, file, from).await,
        };
        if !pinned {
            // What lies there may be of another version.
            remove(&transfer.part)?;
        }
        transfer.finish(&target).await?;
        Ok(true)
    }
}

/// Brings a file of a known digest from an address.
pub(super) async fn bring_pinned(
    client: &Client,
    address: &Url,
    label: &str,
    sha256: &str,
    target: &Path,
) -> Result<()> {
    if target.is_file() {
        return Ok(());
    }
    let described = Description {
        sha256: Some(sha256.to_owned()),
        ..Description::default()
    };
    let transfer = Transfer {
        label,
        described: &described,
        part: part_of(target),
        fetch: async |from| {
            let request = client.get(address.clone());
            let request = match from {
                0 => request,
                from => request.header(reqwest::header::RANGE, format!("bytes={from}-")),
            };
            Ok(request.send().await?)
        },
    };
    if length(&transfer.part) > 0 && check(&transfer.part, &described).is_ok() {
        // Killed between its last byte and its name.
        return name_finished(&transfer.part, target);
    }
    transfer.finish(target).await
}

/// Where a file lies until it is whole.
fn part_of(target: &Path) -> PathBuf {
    let mut part = target.to_owned().into_os_string();
    part.push(".part");
    part.into()
}

fn name_finished(part: &Path, target: &Path) -> Result<()> {
    fs::rename(part, target).with_context(|| format!("cannot write {}", target.display()))
}

/// A file on its way, whatever server it comes from.
struct Transfer<'a, F> {
    label: &'a str,
    described: &'a Description,
    part: PathBuf,
    /// Asks for the file from this byte on.
    fetch: F,
}

impl<F: AsyncFn(u64) -> Result<Response>> Transfer<'_, F> {
    /// Brings the file, compares it and gives it its name.
    async fn finish(self, target: &Path) -> Result<()> {
        self.all().await?;
        let checked = {
            let (part, described) = (self.part.clone(), self.described.clone());
            tokio::task::spawn_blocking(move || check(&part, &described)).await?
        };
        if let Err(error) = checked {
            remove(&self.part)?;
            return Err(error.context(format!(
                "{} was not transferred as it is; run the command again",
                self.label
            )));
        }
        name_finished(&self.part, target)
    }

    /// Until the file is whole, however often the transfer breaks, as long as it brings something.
    async fn all(&self) -> Result<()> {
        let (mut vain, label) = (0, self.label);
        loop {
            let before = length(&self.part);
            if self.described.bytes.is_some_and(|bytes| bytes <= before) && before > 0 {
                return Ok(());
            }
            let error = match self.once().await {
                Ok(()) => return Ok(()),
                Err(Broken::ForGood(error)) => return Err(error),
                Err(Broken::Transfer(error)) => error,
            };
            vain = if length(&self.part) > before {
                0
            } else {
                vain + 1
            };
            if vain == VAIN_ATTEMPTS {
                return Err(error.context(format!(
                    "{label} does not come; what is here is kept, and the same command goes on from there"
                )));
            }
            let error = causes::chain(error.as_ref());
            eprintln!("{label}: the transfer broke off ({error}); going on");
            if let Some(doublings) = vain.checked_sub(1) {
                tokio::time::sleep(Duration::from_secs(1) * 2_u32.pow(doublings)).await;
            }
        }
    }

    async fn once(&self) -> Result<(), Broken> {
        let from = length(&self.part);
        let response = (self.fetch)(from).await;
        let mut response = response.map_err(Broken::Transfer)?;
        let goes_on = goes_on(&response, from)?;
        let mut at = if goes_on { from } else { 0 };
        let total = self
            .described
            .bytes
            .or_else(|| Some(at + response.content_length()?));
        let mut out = open(&self.part, goes_on).await.map_err(Broken::ForGood)?;
        let mut meter = Meter::new(self.label, at);
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| Broken::Transfer(error.into()))?
        {
            let written = out
                .write_all(&chunk)
                .await
                .context("cannot write the download");
            written.map_err(Broken::ForGood)?;
            at += chunk.len() as u64;
            meter.show(at, total);
        }
        let synced = async { out.flush().await.and(out.sync_all().await) }.await;
        synced.map_err(|error| Broken::ForGood(error.into()))?;
        match total {
            Some(total) if at < total => Err(Broken::Transfer(anyhow!(
                "{} bytes are missing",
                total - at
            ))),
            _ => Ok(()),
        }
    }
}

/// Whether the answer begins where the file here ends; else it is the whole file.
fn goes_on(response: &Response, from: u64) -> Result<bool, Broken> {
    let range = response
        .headers()
        .get("content-range")
        .and_then(|range| range.to_str().ok());
    match response.status() {
        StatusCode::OK => Ok(false),
        StatusCode::PARTIAL_CONTENT
            if range.is_some_and(|range| range.starts_with(&format!("bytes {from}-"))) =>
        {
            Ok(true)
        }
        status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
            Err(Broken::Transfer(anyhow!(refusal(status))))
        }
        status => Err(Broken::ForGood(anyhow!(refusal(status)))),
    }
}

async fn open(part: &Path, goes_on: bool) -> Result<File> {
    let mut options = File::options();
    options
        .create(true)
        .write(true)
        .append(goes_on)
        .truncate(!goes_on);
    options
        .open(part)
        .await
        .with_context(|| format!("cannot write {}", part.display()))
}

fn check(part: &Path, described: &Description) -> Result<()> {
    if let Some(bytes) = described.bytes {
        let found = length(part);
        ensure!(found == bytes, "it has {found} bytes instead of {bytes}");
    }
    if let Some(expected) = &described.sha256 {
        let found = sha256(part)?;
        if found != *expected {
            bail!("its sha256 is {found} instead of {expected}");
        }
    }
    Ok(())
}

fn sha256(path: &Path) -> Result<String> {
    let mut file = fs::File::open(path)?;
    let (mut hash, mut chunk) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(format!("{:x}", hash.finalize())),
            read => hash.update(&chunk[..read]),
        }
    }
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot delete {}", path.display()))
        }
        _ => Ok(()),
    }
}
