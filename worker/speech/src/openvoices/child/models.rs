//! The models that are in memory.

use std::sync::Arc;

use candle_core::Device;
use futures::executor::block_on;
use kiskadee_checkpoint::{ModelFolder, folder::files};
use kiskadee_kokoro::Kokoro;
use kiskadee_piper::Piper;

use super::speech::Refusal;
use crate::{
    CacheError, ModelCache,
    openvoices::protocol::{ModelKind, ModelPlace},
    process::Failure,
};

pub(super) enum Model {
    Kokoro(Box<Kokoro>),
    Piper(Box<Piper>),
}

pub(super) struct Models(ModelCache<Model>);

impl Models {
    pub(super) fn new(budget_bytes: u64) -> Self {
        Self(ModelCache::new(budget_bytes))
    }

    /// The model of a place, which may have to be loaded first.
    pub(super) fn get(&self, place: &ModelPlace) -> Result<Arc<Model>, Refusal> {
        let key = format!("{} {}", place.folder.display(), place.sha256);
        let model = self.0.get(&key, place.bytes, async || load(place));
        block_on(model).map_err(|error| match error {
            CacheError::Load(refusal) => refusal,
            CacheError::Full { .. } => Refusal::new(Failure::Retry, &error),
            CacheError::TooLarge { .. } => Refusal::new(Failure::Unavailable, &error),
        })
    }
}

fn load(place: &ModelPlace) -> Result<Model, Refusal> {
    let unusable = |error: &dyn std::fmt::Display| Refusal::new(Failure::Unavailable, error);
    let folder = ModelFolder::open(&place.folder).map_err(|error| unusable(&error))?;
    let weights = folder.manifest().files.get(files::MODEL);
    if weights.is_none_or(|weights| weights.sha256 != place.sha256) {
        return Err(unusable(&format!(
            "{} holds another model than when the worker started; restart the worker",
            place.folder.display()
        )));
    }
    tracing::info!(folder = %place.folder.display(), "a model is being loaded");
    match place.kind {
        ModelKind::Kokoro => Kokoro::load(&place.folder, &Device::Cpu)
            .map(|model| Model::Kokoro(Box::new(model)))
            .map_err(|error| unusable(&error)),
        ModelKind::Piper => Piper::load(&place.folder, &Device::Cpu)
            .map(|model| Model::Piper(Box::new(model)))
            .map_err(|error| unusable(&error)),
    }
}
