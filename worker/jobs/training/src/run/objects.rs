//! Objects of a run in the storage: small enough to be held in memory.

use std::{fmt::Write as _, path::Path};

use futures::TryStreamExt as _;
use kiskadee_runner::JobError;
use kiskadee_storage::{Store, StoreError};
use sha2::{Digest as _, Sha256};

const BINARY: &str = "application/octet-stream";
/// Nothing of a run of the embedded voice is larger: the frames of some hours of speech.
const LARGEST: usize = 1 << 30;

/// All bytes of an object. `what` names it to whoever is told that it is gone.
pub(super) async fn fetch(store: &Store, key: &str, what: &str) -> Result<Vec<u8>, JobError> {
    let object = match store.read(key, None).await {
        Err(StoreError::Missing(_)) => {
            return Err(JobError::Reject(format!("{what} has been deleted")));
        }
        object => object?,
    };
    let mut bytes =
        Vec::with_capacity(usize::try_from(object.info.bytes).unwrap_or(0).min(LARGEST));
    let mut stream = object.stream;
    while let Some(piece) = stream.try_next().await? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > LARGEST {
            return Err(JobError::Reject(format!("{what} is too large")));
        }
    }
    Ok(bytes)
}

pub(super) async fn put(store: &Store, key: &str, bytes: &[u8]) -> Result<(), JobError> {
    let mut reader = bytes;
    Ok(store.upload(key, BINARY, &mut reader).await?)
}

/// Stores a sound.
pub(super) async fn put_wav(store: &Store, key: &str, file: &Path) -> Result<(), JobError> {
    let opened = tokio::fs::File::open(file).await;
    let mut reader = opened.map_err(|error| no_scratch(&error))?;
    Ok(store.upload(key, "audio/wav", &mut reader).await?)
}

/// In hexadecimal digits.
pub(super) fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().fold(String::new(), |mut digits, byte| {
        // Writing to a string does not fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

pub(super) fn no_scratch(error: &std::io::Error) -> JobError {
    tracing::error!(%error, "the scratch directory cannot be written");
    JobError::Snooze("the worker's scratch directory cannot be written".to_owned())
}
