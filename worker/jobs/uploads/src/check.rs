//! Puts the parts of an upload together, or takes over what came whole, and computes its digest on the way.
//!
//! What a sender can still write to is never what is kept: an object that came to an address of the store is copied first and
//! read after that.

use futures::TryStreamExt;
use kiskadee_runner::JobError;
use kiskadee_storage::{Store, StoreError, abort};
use object_store::buffered::BufWriter;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;
use tokio_util::sync::CancellationToken;

use crate::args::{Part, Source, UploadArgs, UploadResult};

const CONTENT_TYPE: &str = "application/octet-stream";

/// Why there is no object.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What came is not what was announced; the words are for its sender.
    #[error("{0}")]
    Refused(String),
    #[error("the check was cancelled")]
    Cancelled,
}

impl From<CheckError> for JobError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Store(error) => error.into(),
            CheckError::Refused(reason) => Self::Reject(reason),
            CheckError::Cancelled => Self::Cancelled,
        }
    }
}

/// Reads while it counts and hashes.
struct Meter<'a> {
    announced: &'a UploadArgs,
    progress: &'a (dyn Fn(f64) + Sync),
    hash: Sha256,
    bytes: u64,
}

impl Meter<'_> {
    fn take(&mut self, piece: &[u8]) {
        self.hash.update(piece);
        self.bytes += piece.len() as u64;
        (self.progress)(self.bytes as f64 / self.announced.bytes as f64);
    }

    /// The digest of all that was taken, if it is what was announced.
    fn finish(self) -> Result<String, CheckError> {
        expect_bytes(self.bytes, self.announced.bytes)?;
        let sha256 = format!("{:x}", self.hash.finalize());
        match &self.announced.sha256 {
            Some(announced) if *announced != sha256 => Err(CheckError::Refused(format!(
                "its SHA-256 is {sha256} and not {announced}"
            ))),
            _ => Ok(sha256),
        }
    }
}

/// Makes the object `target` of what was brought. `progress` is told the share that has been read. What fails or is cancelled
/// leaves nothing at `target` that is to be seen, or what a sweep will find.
pub async fn check(
    store: &Store,
    args: &UploadArgs,
    target: &str,
    cancel: &CancellationToken,
    progress: &(dyn Fn(f64) + Sync),
) -> Result<UploadResult, CheckError> {
    let meter = Meter {
        announced: args,
        progress,
        hash: Sha256::new(),
        bytes: 0,
    };
    let sha256 = match &args.source {
        Source::Parts(parts) => join(store, parts, target, cancel, meter).await?,
        Source::Whole(key) => take_over(store, key, target, cancel, meter).await?,
    };
    Ok(UploadResult {
        key: target.to_owned(),
        bytes: args.bytes,
        sha256,
    })
}

async fn join(
    store: &Store,
    parts: &[Part],
    target: &str,
    cancel: &CancellationToken,
    meter: Meter<'_>,
) -> Result<String, CheckError> {
    let mut writer = store.writer(target, CONTENT_TYPE)?;
    let joined = cancel.run_until_cancelled(write_parts(store, parts, &mut writer, meter));
    match joined.await.unwrap_or(Err(CheckError::Cancelled)) {
        Ok(sha256) => {
            writer.shutdown().await.map_err(StoreError::from)?;
            Ok(sha256)
        }
        Err(error) => {
            abort(&mut writer).await;
            Err(error)
        }
    }
}

async fn write_parts(
    store: &Store,
    parts: &[Part],
    writer: &mut BufWriter,
    mut meter: Meter<'_>,
) -> Result<String, CheckError> {
    for (number, part) in (1..).zip(parts) {
        let object = match store.read(&part.key, None).await {
            Err(StoreError::Missing(_)) => {
                return Err(CheckError::Refused(format!("part {number} has been lost")));
            }
            object => object?,
        };
        expect_bytes(object.info.bytes, part.bytes)?;
        let mut pieces = object.stream;
        while let Some(piece) = pieces.try_next().await? {
            meter.take(&piece);
            writer.put(piece).await.map_err(StoreError::from)?;
        }
    }
    meter.finish()
}

/// The sender's address may be good for hours yet: what is read is a copy that it does not lead to.
async fn take_over(
    store: &Store,
    key: &str,
    target: &str,
    cancel: &CancellationToken,
    meter: Meter<'_>,
) -> Result<String, CheckError> {
    let info = match store.info(key).await {
        Err(StoreError::Missing(_)) => {
            return Err(CheckError::Refused(
                "nothing was brought to its address".to_owned(),
            ));
        }
        info => info?,
    };
    // Before it is copied: an address of the store takes any length.
    expect_bytes(info.bytes, meter.announced.bytes)?;
    let taken = cancel.run_until_cancelled(async {
        store.copy(key, target).await?;
        read(store, target, meter).await
    });
    let taken = taken.await.unwrap_or(Err(CheckError::Cancelled));
    if taken.is_err()
        && let Err(error) = store.delete(target).await
    {
        tracing::warn!(%error, target, "a copy is left to the sweep");
    }
    taken
}

async fn read(store: &Store, key: &str, mut meter: Meter<'_>) -> Result<String, CheckError> {
    let mut pieces = store.read(key, None).await?.stream;
    while let Some(piece) = pieces.try_next().await? {
        meter.take(&piece);
    }
    meter.finish()
}

fn expect_bytes(found: u64, announced: u64) -> Result<(), CheckError> {
    if found == announced {
        return Ok(());
    }
    Err(CheckError::Refused(format!(
        "{found} bytes came and not {announced}"
    )))
}
