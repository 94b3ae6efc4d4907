//! What an engine must know of voices that are not its own, fetched from the storage and kept while it is in use.

use std::{path::Path, sync::Arc};

use futures::TryStreamExt;
use kiskadee_runner::JobError;
use kiskadee_speech::{CacheError, ModelCache, VoicePart};

use kiskadee_storage::{Object, Store, StoreError};
use tempfile::{NamedTempFile, TempPath};
use tokio::io::AsyncWriteExt as _;

use crate::{
    args::{SpeechArgs, VoicePartArgs},
    error::no_scratch,
};

/// The memory for all of them.
const BUDGET_BYTES: u64 = 128 << 20;
/// What was made of a recording.
const MATCHED_BYTES: usize = 512 << 10;
/// The weights of a trained voice: some 6 MB.
const WEIGHTS_BYTES: usize = 8 << 20;

/// The largest that one may be; each is counted as if it were so large.
fn largest(key: &str) -> usize {
    if key.ends_with(".safetensors") {
        WEIGHTS_BYTES
    } else {
        MATCHED_BYTES
    }
}

/// What lies on the disk of weights that are given as files.
const FILES_BYTES: u64 = 8 << 30;
/// Of the largest such file, as which each is counted.
const FILE_BYTES: u64 = 1 << 30;

/// The conditioning of voices; cheap to clone.
#[derive(Clone)]
pub struct Conditionings {
    kept: Arc<ModelCache<Arc<[u8]>>>,
    files: Arc<ModelCache<Arc<TempPath>>>,
    /// Where files lie.
    scratch: Arc<Path>,
}

impl Conditionings {
    pub(super) fn new(scratch: &Path) -> Self {
        Self {
            kept: Arc::new(ModelCache::new(BUDGET_BYTES)),
            files: Arc::new(ModelCache::new(FILES_BYTES)),
            scratch: scratch.into(),
        }
    }
}

impl Conditionings {
    /// The parts of a job's voice, ready for the engine.
    pub(super) async fn parts(
        &self,
        store: &Store,
        args: &SpeechArgs,
    ) -> Result<Vec<VoicePart>, JobError> {
        let mut parts = Vec::with_capacity(args.voice_parts.len());
        for VoicePartArgs {
            voice_id,
            weight,
            conditioning_key,
        } in &args.voice_parts
        {
            let (mut conditioning, mut weights) = (None, None);
            match conditioning_key {
                Some(key) if VoicePart::has_weights(key) => {
                    weights = Some(self.fetch_file(store, key).await?);
                }
                Some(key) => conditioning = Some(self.fetch(store, key).await?),
                None => {}
            }
            parts.push(VoicePart {
                voice: voice_id.clone(),
                weight: *weight,
                conditioning,
                weights,
            });
        }
        Ok(parts)
    }

    async fn fetch(&self, store: &Store, key: &str) -> Result<Arc<[u8]>, JobError> {
        let kept = self
            .kept
            .get(key, largest(key) as u64, async || read(store, key).await);
        match kept.await {
            Ok(conditioning) => Ok(Arc::clone(&conditioning)),
            Err(CacheError::Load(error)) => Err(error),
            Err(error) => Err(JobError::Retry(error.to_string())),
        }
    }

    async fn fetch_file(&self, store: &Store, key: &str) -> Result<Arc<TempPath>, JobError> {
        let kept = self.files.get(key, FILE_BYTES, async || {
            read_file(store, key, &self.scratch).await.map(Arc::new)
        });
        match kept.await {
            Ok(file) => Ok(Arc::clone(&file)),
            Err(CacheError::Load(error)) => Err(error),
            Err(error) => Err(JobError::Retry(error.to_string())),
        }
    }
}

async fn read_file(store: &Store, key: &str, scratch: &Path) -> Result<TempPath, JobError> {
    let mut stream = open(store, key).await?.stream;
    let file = NamedTempFile::new_in(scratch).map_err(|error| no_scratch(&error))?;
    let (file, path) = file.into_parts();
    let mut file = tokio::fs::File::from_std(file);
    let mut bytes = 0;
    while let Some(piece) = stream.try_next().await? {
        bytes += piece.len() as u64;
        if bytes > FILE_BYTES {
            return Err(JobError::Reject(format!(
                "`{key}` is too large to be a voice"
            )));
        }
        let written = file.write_all(&piece).await;
        written.map_err(|error| no_scratch(&error))?;
    }
    file.flush().await.map_err(|error| no_scratch(&error))?;
    Ok(path)
}

async fn read(store: &Store, key: &str) -> Result<Arc<[u8]>, JobError> {
    let mut bytes = Vec::new();
    let mut stream = open(store, key).await?.stream;
    while let Some(piece) = stream.try_next().await? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > largest(key) {
            return Err(JobError::Reject(format!(
                "`{key}` is too large to be a voice"
            )));
        }
    }
    Ok(bytes.into())
}

async fn open(store: &Store, key: &str) -> Result<Object, JobError> {
    match store.read(key, None).await {
        Err(StoreError::Missing(_)) => {
            Err(JobError::Reject("the voice has been deleted".to_owned()))
        }
        object => Ok(object?),
    }
}
