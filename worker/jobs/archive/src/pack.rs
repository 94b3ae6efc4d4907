//! Packs the audio of a batch into one ZIP, from storage to storage.
//!
//! Audio is stored as it is (it is compressed already, or should open anywhere), in pieces as they arrive, so
//! memory does not grow with the batch. Sizes and checksums follow each file in a data descriptor, and large
//! archives are ZIP64. The same batch always gives the same bytes.

use futures::TryStreamExt;
use kiskadee_shared::state::JobState;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use kiskadee_runner::JobError;
use kiskadee_storage::{Store, StoreError};

use crate::{manifest::Manifest, writer::ArchiveWriter};

pub const CONTENT_TYPE: &str = "application/zip";

/// Why there is no archive.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the archive cannot be written: {0}")]
    Zip(#[from] zip::result::ZipError),
    #[error("packing was cancelled")]
    Cancelled,
}

impl From<ArchiveError> for JobError {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Store(error) => error.into(),
            ArchiveError::Cancelled => Self::Cancelled,
            other => Self::Retry(other.to_string()),
        }
    }
}

/// One item of the batch that is to be packed.
#[derive(Debug, Clone)]
pub struct ArchiveItem {
    pub job: Uuid,
    pub state: JobState,
    /// The accepted audio; none for an item that did not complete.
    pub key: Option<String>,
    pub duration_seconds: Option<f64>,
    /// Why the item did not complete, in words for its owner.
    pub error: Option<String>,
}

/// Packs `items`, in the order of the request, into the object `target`; the answer is its size. `progress` is
/// told how many items are packed. An upload that fails or is cancelled is dropped.
pub async fn pack(
    store: &Store,
    items: &[ArchiveItem],
    target: &str,
    cancel: &CancellationToken,
    progress: impl Fn(usize),
) -> Result<u64, ArchiveError> {
    let mut writer = ArchiveWriter::new(store.writer(target, CONTENT_TYPE)?);
    let filled = cancel
        .run_until_cancelled(fill(&mut writer, store, items, progress))
        .await;
    match filled.unwrap_or(Err(ArchiveError::Cancelled)) {
        Ok(()) => writer.finish().await,
        Err(error) => {
            writer.abort().await;
            Err(error)
        }
    }
}

async fn fill(
    writer: &mut ArchiveWriter,
    store: &Store,
    items: &[ArchiveItem],
    progress: impl Fn(usize),
) -> Result<(), ArchiveError> {
    let mut manifest = Manifest::default();
    for (index, item) in items.iter().enumerate() {
        match &item.key {
            Some(key) => {
                match add_audio(writer, store, key, &file_name(index, key, items.len())).await {
                    Ok((file, bytes)) => manifest.packed(index, item, file, bytes),
                    // Swept or deleted since: the others are still wanted.
                    Err(ArchiveError::Store(StoreError::Missing(_))) => manifest.lost(index, item),
                    Err(error) => return Err(error),
                }
            }
            None => manifest.not_completed(index, item),
        }
        progress(index + 1);
    }
    for (name, text) in manifest.files() {
        writer.start(name, text.len() as u64)?;
        writer.write(text.as_bytes()).await?;
    }
    Ok(())
}

/// Streams one object into the archive and answers its name there and its size.
async fn add_audio(
    writer: &mut ArchiveWriter,
    store: &Store,
    key: &str,
    name: &str,
) -> Result<(String, u64), ArchiveError> {
    let mut object = store.read(key, None).await?;
    writer.start(name, object.info.bytes)?;
    while let Some(bytes) = object.stream.try_next().await? {
        writer.write(&bytes).await?;
    }
    Ok((name.to_owned(), object.info.bytes))
}

/// `audio_001.wav` for the first of up to 999 items, with more digits for more.
fn file_name(index: usize, key: &str, items: usize) -> String {
    let digits = items.to_string().len().max(3);
    let extension = key
        .rsplit_once('.')
        .map_or("bin", |(_, extension)| extension);
    format!("audio_{:0digits$}.{extension}", index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_count_from_one_with_enough_digits() {
        assert_eq!(file_name(0, "results/a/1/audio.wav", 3), "audio_001.wav");
        assert_eq!(
            file_name(998, "results/a/1/audio.mp3", 999),
            "audio_999.mp3"
        );
        assert_eq!(
            file_name(0, "results/a/1/audio.wav", 1000),
            "audio_0001.wav"
        );
    }
}
