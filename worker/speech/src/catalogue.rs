//! The engines that this process can serve, by name.

use std::{collections::BTreeMap, sync::Arc};

use crate::{Engine, EngineCount, EngineInfo, SpeechError};

/// A set of engines, cheap to clone.
#[derive(Clone, Default)]
pub struct Engines {
    by_name: Arc<BTreeMap<String, Arc<dyn Engine>>>,
}

impl Engines {
    /// Gathers engines under their own names; of two with the same name the later one stays.
    pub fn new(engines: impl IntoIterator<Item = Arc<dyn Engine>>) -> Self {
        let by_name = engines
            .into_iter()
            .map(|engine| (engine.info().name.clone(), engine))
            .collect();
        Self {
            by_name: Arc::new(by_name),
        }
    }

    /// The engine of that name, or an error that names those there are.
    pub fn get(&self, name: &str) -> Result<&Arc<dyn Engine>, SpeechError> {
        self.by_name.get(name).ok_or_else(|| {
            let names = self
                .by_name
                .keys()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", ");
            SpeechError::Unavailable(format!(
                "engine `{name}` does not run on this worker, which has: {names}"
            ))
        })
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// The names of those that can take a voice from a recording.
    pub fn voice_makers(&self) -> impl Iterator<Item = &str> {
        let makers = self
            .by_name
            .iter()
            .filter(|(_, engine)| engine.voice_maker().is_some());
        makers.map(|(name, _)| name.as_str())
    }

    /// The names of those that can mix voices.
    pub fn voice_mixers(&self) -> impl Iterator<Item = &str> {
        let mixers = self
            .by_name
            .iter()
            .filter(|(_, engine)| engine.mixes_voices());
        mixers.map(|(name, _)| name.as_str())
    }

    /// The most texts that one of them speaks together; 1 where none gains by it.
    pub fn rows(&self) -> usize {
        let rows = self.by_name.values().filter_map(|engine| engine.rows());
        rows.max().unwrap_or(1)
    }

    /// What all of them have counted since they started.
    pub fn counts(&self) -> Vec<EngineCount> {
        let engines = self.by_name.values();
        engines.flat_map(|engine| engine.counts()).collect()
    }

    /// How every engine describes itself, voices included.
    pub fn infos(&self) -> impl Iterator<Item = &EngineInfo> {
        self.by_name.values().map(|engine| engine.info())
    }
}
