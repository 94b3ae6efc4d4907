//! The models that are in memory: the built-in one, and those of tuned voices that spoke last.

use std::sync::Arc;

use candle_core::Device;
use kiskadee_voice::Synthesizer;

use super::{NAME, tuned, unavailable};
use crate::{CacheError, CacheStats, ModelCache, SpeechError};

/// What the built-in model takes in memory: its weights as f32, and both lexicons.
const MODEL_BYTES: u64 = 24 << 20;

/// A model that can speak.
pub(super) struct Model {
    /// That of the engine, or the hash of a tuned voice's weights.
    pub(super) name: String,
    pub(super) synthesizer: Synthesizer,
}

pub(super) struct Models(ModelCache<Model>);

impl Models {
    pub(super) fn new(budget: u64) -> Self {
        Self(ModelCache::new(budget))
    }

    pub(super) fn stats(&self) -> CacheStats {
        self.0.stats()
    }

    pub(super) async fn built_in(&self) -> Result<Arc<Model>, SpeechError> {
        let model = self.0.get(NAME, MODEL_BYTES, async || {
            let loading = tokio::task::spawn_blocking(|| Synthesizer::built_in(&Device::Cpu));
            let loaded = loading.await.map_err(unavailable)?;
            Ok(Model {
                name: NAME.to_owned(),
                synthesizer: loaded.map_err(unavailable)?,
            })
        });
        model.await.map_err(reason)
    }

    /// The model of a tuned voice. Voices with the same weights are one.
    pub(super) async fn tuned(&self, weights: &Arc<[u8]>) -> Result<Arc<Model>, SpeechError> {
        let base = self.built_in().await?;
        let hashed = Arc::clone(weights);
        let hash = tokio::task::spawn_blocking(move || tuned::hash(&hashed));
        let name = hash.await.map_err(unavailable)?;
        let model = self.0.get(&name, tuned::memory(weights), async || {
            let weights = Arc::clone(weights);
            let loading = tokio::task::spawn_blocking(move || tuned::load(&weights, &base));
            Ok(Model {
                name: name.clone(),
                synthesizer: loading.await.map_err(unavailable)??,
            })
        });
        model.await.map_err(reason)
    }
}

fn reason(error: CacheError<SpeechError>) -> SpeechError {
    match error {
        CacheError::Load(error) => error,
        CacheError::Full { .. } => SpeechError::Retry(error.to_string()),
        CacheError::TooLarge { .. } => SpeechError::Unavailable(error.to_string()),
    }
}
