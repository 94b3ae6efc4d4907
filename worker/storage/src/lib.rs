//! Object storage: results are written under keys that name their attempt, read back as streams, and swept
//! when nothing accounts for them.
//!
//! One address says where objects live: a directory, or a bucket at S3, Google or Azure whose credentials come
//! from the providers' usual environment variables.

mod address;
pub mod gateway;
mod key;
mod object;
mod sweep;
mod tls;
mod unfinished;

use std::{fmt, ops::Range, path::PathBuf, sync::Arc, time::Duration};

use futures::{TryStreamExt, stream::BoxStream};
use object_store::{
    Attribute, Attributes, GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt, PutPayload,
    buffered::BufWriter, path::Path, signer::Signer,
};
use tokio::{io::AsyncWriteExt, task::spawn_blocking};
use url::Url;
use uuid::Uuid;

pub use self::{
    key::ResultRef,
    object::{Object, ObjectInfo},
    sweep::{SweepReport, Sweeper},
    tls::use_ring,
};

/// The size of a part of an upload, and how many are under way at once: what an upload takes of memory.
const PART_BYTES: usize = 8 << 20;
const PARTS_AT_ONCE: usize = 2;

/// Keys of objects, with their bytes.
pub type Keys = BoxStream<'static, Result<(String, u64), StoreError>>;

/// Objects with their keys.
type Listing = BoxStream<'static, Result<(String, ObjectMeta), StoreError>>;

/// Why the storage did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The storage cannot be reached or refuses everyone: wait, it is nobody's fault here.
    #[error("object storage is away: {0}")]
    Away(String),
    #[error("no object `{0}`")]
    Missing(String),
    /// Not a key that any object can have.
    #[error("`{0}` is not a valid key")]
    Key(String),
    /// The address or the configuration of the storage is wrong.
    #[error("object storage at `{address}` cannot be used: {reason}")]
    Address { address: String, reason: String },
}

/// A disk that fails, or a connection below an upload.
impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        Self::Away(error.to_string())
    }
}

impl From<object_store::Error> for StoreError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { path, .. } => Self::Missing(path),
            object_store::Error::InvalidPath { source } => Self::Key(source.to_string()),
            // Also refused credentials: whoever holds the keys will put that right, and the job can wait.
            other => Self::Away(other.to_string()),
        }
    }
}

/// An object storage; cheap to clone.
#[derive(Clone)]
pub struct Store {
    objects: Arc<dyn ObjectStore>,
    /// Makes addresses that anyone may fetch for a while; a local directory has none.
    signer: Option<Arc<dyn Signer>>,
    /// Where a local directory lies.
    directory: Option<PathBuf>,
    root: Path,
    /// What a provider wants to be said when an object is brought to a signed address.
    upload_headers: &'static [(&'static str, &'static str)],
}

/// Where anyone may bring an object for a while, by `PUT` and with these headers.
#[derive(Debug, Clone)]
pub struct UploadAddress {
    pub url: Url,
    pub headers: &'static [(&'static str, &'static str)],
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({}, root `{}`)", self.objects, self.root)
    }
}

impl Store {
    /// The storage at `file:///directory` (or a plain path, made if missing), `s3://bucket/prefix`,
    /// `gs://bucket/prefix` or `az://container/prefix`.
    pub fn open(address: &str) -> Result<Self, StoreError> {
        address::open(address, &[])
    }

    /// As [`Store::open`], with options of the provider that go before those of the environment, under the same
    /// names (`AWS_REGION` and so on).
    pub fn open_with(address: &str, options: &[(&str, &str)]) -> Result<Self, StoreError> {
        address::open(address, options)
    }

    /// Opens a new object for writing in parts; nothing is to be seen of it until the writer is shut down.
    /// Whoever gives up must call [`BufWriter::abort`], for a bucket keeps the parts of unfinished uploads.
    pub fn writer(&self, key: &str, content_type: &'static str) -> Result<BufWriter, StoreError> {
        let writer =
            BufWriter::with_capacity(Arc::clone(&self.objects), self.path(key)?, PART_BYTES)
                .with_max_concurrency(PARTS_AT_ONCE);
        // A local directory has no place for attributes and refuses them.
        if self.signer.is_none() {
            return Ok(writer);
        }
        let attributes = Attributes::from_iter([(Attribute::ContentType, content_type)]);
        Ok(writer.with_attributes(attributes))
    }

    /// Uploads a file in bounded memory.
    pub async fn upload(
        &self,
        key: &str,
        content_type: &'static str,
        file: &mut (impl tokio::io::AsyncRead + Unpin + Send),
    ) -> Result<(), StoreError> {
        let mut writer = self.writer(key, content_type)?;
        let copied = tokio::io::copy(file, &mut writer).await;
        if let Err(error) = copied {
            abort(&mut writer).await;
            return Err(error.into());
        }
        Ok(writer.shutdown().await?)
    }

    /// An object, or a stretch of its bytes.
    pub async fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<Object, StoreError> {
        let options = GetOptions {
            range: range.map(Into::into),
            ..GetOptions::default()
        };
        let result = self.objects.get_opts(&self.path(key)?, options).await?;
        Object::new(result).await
    }

    pub async fn info(&self, key: &str) -> Result<ObjectInfo, StoreError> {
        Ok(self.objects.head(&self.path(key)?).await?.into())
    }

    /// An address under which anyone can fetch the object with `method` until it expires; none where the storage
    /// has no such addresses.
    pub async fn signed_address(
        &self,
        method: http::Method,
        key: &str,
        lifetime: Duration,
    ) -> Result<Option<Url>, StoreError> {
        let Some(signer) = &self.signer else {
            return Ok(None);
        };
        Ok(Some(
            signer
                .signed_url(method, &self.path(key)?, lifetime)
                .await?,
        ))
    }

    /// An address to which anyone can bring an object until it expires; none where the storage has no such addresses.
    pub async fn upload_address(
        &self,
        key: &str,
        lifetime: Duration,
    ) -> Result<Option<UploadAddress>, StoreError> {
        let url = self
            .signed_address(http::Method::PUT, key, lifetime)
            .await?;
        Ok(url.map(|url| UploadAddress {
            url,
            headers: self.upload_headers,
        }))
    }

    /// Copies an object within the storage.
    pub async fn copy(&self, from: &str, to: &str) -> Result<(), StoreError> {
        Ok(self
            .objects
            .copy(&self.path(from)?, &self.path(to)?)
            .await?)
    }

    /// Deletes an object; one that is not there is deleted.
    pub async fn delete(&self, key: &str) -> Result<(), StoreError> {
        match self.objects.delete(&self.path(key)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// How many bytes can still be written; none where the storage is a bucket, which tells no bound.
    pub async fn free_bytes(&self) -> Result<Option<u64>, StoreError> {
        let Some(directory) = self.directory.clone() else {
            return Ok(None);
        };
        let asked = spawn_blocking(move || rustix::fs::statvfs(&directory)).await;
        let volume = asked.map_err(std::io::Error::other)?;
        let volume = volume.map_err(std::io::Error::from)?;
        Ok(Some(volume.f_bavail.saturating_mul(volume.f_frsize)))
    }

    /// Writes, reads and deletes a tiny object: the storage is usable.
    pub async fn probe(&self) -> Result<(), StoreError> {
        let path = self.path(&format!("probes/{}", Uuid::now_v7().simple()))?;
        self.objects
            .put(&path, PutPayload::from_static(b"kiskadee"))
            .await?;
        let read = self.objects.get(&path).await?.bytes().await;
        self.objects.delete(&path).await?;
        match read?.as_ref() {
            b"kiskadee" => Ok(()),
            _ => Err(StoreError::Away(
                "what was written is not what was read".to_owned(),
            )),
        }
    }

    /// Removes what killed writers left under a prefix, where that can be seen.
    async fn drop_unfinished(&self, prefix: &str, grace: Duration) {
        let Some(directory) = &self.directory else {
            return;
        };
        let directory = directory.join(prefix);
        let removed = spawn_blocking(move || unfinished::remove(&directory, grace)).await;
        if let Ok(removed @ 1..) = removed {
            tracing::info!(removed, prefix, "removed files that were never finished");
        }
    }

    /// The keys of everything under a prefix, with their bytes. A prefix that has nothing has no objects.
    pub fn keys(&self, prefix: &str) -> Result<Keys, StoreError> {
        let listed = self.list(prefix)?;
        Ok(Box::pin(listed.map_ok(|(key, meta)| (key, meta.size))))
    }

    /// Everything under a prefix, with keys relative to the root.
    fn list(&self, prefix: &str) -> Result<Listing, StoreError> {
        let root = self.root.clone();
        let listed = self
            .objects
            .list(Some(&self.path(prefix)?))
            .map_err(StoreError::from);
        Ok(Box::pin(listed.map_ok(move |meta| {
            (relative(&meta.location, &root), meta)
        })))
    }

    fn path(&self, key: &str) -> Result<Path, StoreError> {
        let bad = || StoreError::Key(key.to_owned());
        let parsed = Path::parse(key).map_err(|_| bad())?;
        // Parsing forgives a slash at either end; two spellings of one key are one too many.
        if key.is_empty() || parsed.as_ref() != key {
            return Err(bad());
        }
        Ok(self.root.parts().chain(parsed.parts()).collect())
    }
}

/// Drops an unfinished upload. The error that led here matters more than one of the cleaning up.
pub async fn abort(writer: &mut BufWriter) {
    if let Err(error) = writer.abort().await {
        tracing::warn!(%error, "an unfinished upload could not be dropped");
    }
}

fn relative(location: &Path, root: &Path) -> String {
    location
        .prefix_match(root)
        .map(|parts| parts.collect::<Path>().to_string())
        .unwrap_or_default()
}
