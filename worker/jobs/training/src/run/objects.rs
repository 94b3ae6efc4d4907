//! Objects of a run in the storage: those that are small enough in memory, others in files.

use std::{fmt::Write as _, path::Path, sync::Arc};

use futures::TryStreamExt as _;
use kiskadee_runner::JobError;
use kiskadee_speech::VoicePart;
use kiskadee_storage::{Store, StoreError};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt as _;

use crate::family::Workshop;

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

/// Writes an object to a file, however large it is. Returns its SHA-256 in hexadecimal digits.
pub(super) async fn fetch_file(
    store: &Store,
    key: &str,
    path: &Path,
    what: &str,
) -> Result<String, JobError> {
    let object = match store.read(key, None).await {
        Err(StoreError::Missing(_)) => {
            return Err(JobError::Reject(format!("{what} has been deleted")));
        }
        object => object?,
    };
    let created = tokio::fs::File::create(path).await;
    let mut file = created.map_err(|error| no_scratch(&error))?;
    let (mut stream, mut hash) = (object.stream, Sha256::new());
    while let Some(piece) = stream.try_next().await? {
        hash.update(&piece);
        file.write_all(&piece)
            .await
            .map_err(|error| no_scratch(&error))?;
    }
    file.flush().await.map_err(|error| no_scratch(&error))?;
    Ok(digits(&hash.finalize()))
}

/// A part of a voice with what it is made of: in memory, or, of weights that are too large for that, in a file.
pub(super) async fn fetch_part(
    workshop: &Workshop,
    voice: &str,
    weight: f32,
    key: Option<&str>,
) -> Result<VoicePart, JobError> {
    let (mut conditioning, mut weights) = (None, None);
    match key {
        Some(key) if VoicePart::has_weights(key) => {
            let file = NamedTempFile::new_in(&workshop.scratch);
            let file = file.map_err(|error| no_scratch(&error))?.into_temp_path();
            fetch_file(&workshop.store, key, &file, "the voice").await?;
            weights = Some(Arc::new(file));
        }
        Some(key) => conditioning = Some(fetch(&workshop.store, key, "the voice").await?.into()),
        None => {}
    }
    Ok(VoicePart {
        voice: voice.to_owned(),
        weight,
        conditioning,
        weights,
    })
}

/// Stores a file, however large it is. Returns how many bytes it has.
pub(super) async fn put_file(store: &Store, key: &str, path: &Path) -> Result<u64, JobError> {
    let opened = tokio::fs::File::open(path).await;
    let mut file = opened.map_err(|error| no_scratch(&error))?;
    let about = file.metadata().await.map_err(|error| no_scratch(&error))?;
    store.upload(key, BINARY, &mut file).await?;
    Ok(about.len())
}

/// Of a file, in hexadecimal digits; blocks while it is read.
pub(super) fn sha256_of_file(path: &Path) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    std::io::copy(&mut std::fs::File::open(path)?, &mut hash)?;
    Ok(digits(&hash.finalize()))
}

/// Stores a sound.
pub(super) async fn put_wav(store: &Store, key: &str, file: &Path) -> Result<(), JobError> {
    let opened = tokio::fs::File::open(file).await;
    let mut reader = opened.map_err(|error| no_scratch(&error))?;
    Ok(store.upload(key, "audio/wav", &mut reader).await?)
}

/// In hexadecimal digits.
pub(super) fn sha256(bytes: &[u8]) -> String {
    digits(&Sha256::digest(bytes))
}

fn digits(digest: &[u8]) -> String {
    digest.iter().fold(String::new(), |mut digits, byte| {
        // Writing to a string does not fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

pub(super) fn no_scratch(error: &std::io::Error) -> JobError {
    tracing::error!(%error, "the scratch directory cannot be written");
    JobError::Snooze(format!(
        "the worker's scratch directory cannot be written: {error}"
    ))
}
