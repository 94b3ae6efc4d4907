//! What an engine must know of voices that are not its own, fetched from the storage and kept while it is in use.

use std::sync::Arc;

use futures::TryStreamExt;
use kiskadee_runner::JobError;
use kiskadee_speech::{CacheError, ModelCache, VoicePart};

use kiskadee_storage::{Store, StoreError};

use crate::args::{SpeechArgs, VoicePartArgs};

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

/// The conditioning of voices; cheap to clone.
#[derive(Clone)]
pub struct Conditionings(Arc<ModelCache<Arc<[u8]>>>);

impl Default for Conditionings {
    fn default() -> Self {
        Self(Arc::new(ModelCache::new(BUDGET_BYTES)))
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
            let conditioning = match conditioning_key {
                Some(key) => Some(self.fetch(store, key).await?),
                None => None,
            };
            parts.push(VoicePart {
                voice: voice_id.clone(),
                weight: *weight,
                conditioning,
            });
        }
        Ok(parts)
    }

    async fn fetch(&self, store: &Store, key: &str) -> Result<Arc<[u8]>, JobError> {
        let kept = self
            .0
            .get(key, largest(key) as u64, async || read(store, key).await);
        match kept.await {
            Ok(conditioning) => Ok(Arc::clone(&conditioning)),
            Err(CacheError::Load(error)) => Err(error),
            Err(error) => Err(JobError::Retry(error.to_string())),
        }
    }
}

async fn read(store: &Store, key: &str) -> Result<Arc<[u8]>, JobError> {
    let object = match store.read(key, None).await {
        Err(StoreError::Missing(_)) => {
            return Err(JobError::Reject("the voice has been deleted".to_owned()));
        }
        object => object?,
    };
    let mut bytes = Vec::new();
    let mut stream = object.stream;
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
