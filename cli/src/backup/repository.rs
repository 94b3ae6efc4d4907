//! Where backups are kept.

use std::collections::{HashMap, HashSet};
use std::io::Write as _;

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::{GzDecoder, GzEncoder};
use futures::TryStreamExt as _;
use kiskadee_storage::{Store, StoreError};
use sha2::{Digest as _, Sha256};

use super::manifest::{Entry, FORMAT, Manifest, Sum};
use crate::random::hex;

const BACKUPS: &str = "backups";
const OBJECTS: &str = "objects";
/// Larger lists and manifests are not ours.
const MOST_TEXT: u64 = 4 << 30;

#[derive(Clone)]
pub(super) struct Repository {
    pub(super) store: Store,
}

/// A file of a backup.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    /// There while the backup is made: its objects have no name yet.
    Begun,
    Manifest,
    Database,
    List,
    Secrets,
}

impl Part {
    /// Without the manifest there is no backup, so it is the first to go: there is never half of one.
    pub(super) const ALL: [Self; 5] = [
        Self::Manifest,
        Self::Database,
        Self::List,
        Self::Secrets,
        Self::Begun,
    ];

    fn file(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Manifest => "manifest.json",
            Self::Database => "database.dump",
            Self::List => "objects.jsonl.gz",
            Self::Secrets => "secrets.sealed",
        }
    }

    pub(super) fn key(self, id: &str) -> String {
        format!("{BACKUPS}/{id}/{}", self.file())
    }
}

/// Where an object of the system lies in the repository.
pub(super) fn object_key(key: &str) -> String {
    format!("{OBJECTS}/{key}")
}

impl Repository {
    pub(super) fn open(address: &str) -> Result<Self> {
        Ok(Self {
            store: Store::open(address).context("cannot open the repository")?,
        })
    }

    /// All backups that are whole, the oldest first.
    pub(super) async fn manifests(&self) -> Result<Vec<Manifest>> {
        let ids = self.with(Part::Manifest).await?;
        let mut manifests = Vec::with_capacity(ids.len());
        for id in ids {
            manifests.push(self.manifest(&id).await?);
        }
        Ok(manifests)
    }

    /// Ids that were begun and have no manifest: those under way, and what died.
    pub(super) async fn unfinished(&self) -> Result<Vec<String>> {
        let whole: HashSet<String> = self.with(Part::Manifest).await?.into_iter().collect();
        let mut begun = self.with(Part::Begun).await?;
        begun.retain(|id| !whole.contains(id));
        Ok(begun)
    }

    /// Ids of those that have a part, in their order.
    async fn with(&self, part: Part) -> Result<Vec<String>> {
        let mut ids: Vec<String> = Vec::new();
        let mut keys = self.store.keys(BACKUPS)?;
        while let Some((key, _)) = keys.try_next().await? {
            let parts: Vec<&str> = key.split('/').collect();
            if let [BACKUPS, id, file] = parts[..]
                && file == part.file()
            {
                ids.push(id.to_owned());
            }
        }
        ids.sort();
        Ok(ids)
    }

    /// The parts of a backup go.
    pub(super) async fn delete(&self, id: &str) -> Result<()> {
        for part in Part::ALL {
            self.store.delete(&part.key(id)).await?;
        }
        Ok(())
    }

    /// The one of that name, or the `latest`.
    pub(super) async fn find(&self, id: &str) -> Result<Manifest> {
        if id != "latest" {
            return self.manifest(id).await;
        }
        let newest = self.manifests().await?.pop();
        newest.context("there is no backup in this repository")
    }

    async fn manifest(&self, id: &str) -> Result<Manifest> {
        let text = match self.read(&Part::Manifest.key(id)).await {
            Ok(text) => text,
            Err(error) if is_missing(&error) => bail!("there is no backup `{id}` here"),
            Err(error) => return Err(error),
        };
        let manifest: Manifest = serde_json::from_slice(&text)
            .with_context(|| format!("the manifest of {id} is damaged"))?;
        if manifest.format > FORMAT {
            bail!("the backup {id} was made by a newer version; use that one");
        }
        Ok(manifest)
    }

    pub(super) async fn write(&self, key: &str, bytes: &[u8]) -> Result<Sum> {
        let mut rest = bytes;
        self.store
            .upload(key, "application/octet-stream", &mut rest)
            .await?;
        Ok(sum_of(bytes))
    }

    pub(super) async fn read(&self, key: &str) -> Result<Vec<u8>> {
        let object = self.store.read(key, None).await?;
        if object.info.bytes > MOST_TEXT {
            bail!("{key} is too large to be what it should be");
        }
        let pieces: Vec<_> = object.stream.try_collect().await?;
        Ok(pieces.concat())
    }

    pub(super) async fn write_list(&self, id: &str, entries: &[Entry]) -> Result<Sum> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        for entry in entries {
            serde_json::to_writer(&mut packed, entry)?;
            packed.write_all(b"\n")?;
        }
        self.write(&Part::List.key(id), &packed.finish()?).await
    }

    /// The objects of a backup; an error where the list is not the one that was written.
    pub(super) async fn entries(&self, manifest: &Manifest) -> Result<Vec<Entry>> {
        let packed = self.read(&Part::List.key(&manifest.id)).await?;
        if sum_of(&packed) != manifest.list {
            bail!("the list of objects of {} is damaged", manifest.id);
        }
        let mut unpacked = GzDecoder::new(Vec::new());
        unpacked.write_all(&packed)?;
        let text = unpacked.finish()?;
        let lines = text
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty());
        lines
            .map(|line| serde_json::from_slice(line).context("the list of objects is damaged"))
            .collect()
    }

    /// What the newest backups know of objects, so that none is copied twice.
    pub(super) async fn known(&self) -> Result<HashMap<String, Sum>> {
        let Some(newest) = self.manifests().await?.pop() else {
            return Ok(HashMap::new());
        };
        let entries = self.entries(&newest).await?.into_iter();
        Ok(entries.map(|entry| (entry.key, entry.sum)).collect())
    }

    /// Objects that lie here, with their bytes.
    pub(super) async fn objects(&self) -> Result<HashMap<String, u64>> {
        let keys = self.store.keys(OBJECTS)?;
        let own = keys.map_ok(|(key, bytes)| {
            let key = key.split_once('/').map(|(_, key)| key.to_owned());
            (key.unwrap_or_default(), bytes)
        });
        Ok(own.try_collect().await?)
    }
}

pub(super) fn sum_of(bytes: &[u8]) -> Sum {
    Sum {
        bytes: bytes.len() as u64,
        sha256: hex(&Sha256::digest(bytes)),
    }
}

pub(super) fn is_missing(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref::<StoreError>(),
        Some(StoreError::Missing(_))
    )
}
