//! Starts the engines that this machine can serve.

use std::sync::Arc;

use kiskadee_speech::{
    Engine, Engines, Espeak, EspeakConfig, Kiskadee, KiskadeeConfig, SpeechError,
};

use crate::{WorkerConfig, WorkerError};

/// In the order in which they start.
pub const ENGINES: [&str; 2] = ["kiskadee", "espeak"];

/// Starts the engine of that name, with so many threads or processes. None for a name that is not in [`ENGINES`].
pub async fn start_engine(
    name: &str,
    threads: usize,
) -> Option<Result<Arc<dyn Engine>, SpeechError>> {
    let started: Result<Arc<dyn Engine>, SpeechError> = match name {
        "kiskadee" => {
            let config = KiskadeeConfig {
                threads,
                ..KiskadeeConfig::default()
            };
            Kiskadee::start(config)
                .await
                .map(|engine| Arc::new(engine) as _)
        }
        "espeak" => {
            let config = EspeakConfig {
                processes: threads,
                ..EspeakConfig::default()
            };
            Espeak::start(config)
                .await
                .map(|engine| Arc::new(engine) as _)
        }
        _ => return None,
    };
    Some(started)
}

/// The engines that were asked for, or all that start. Those asked for by name must all start.
pub(crate) async fn start_engines(config: &WorkerConfig) -> Result<Engines, WorkerError> {
    let asked: Vec<&str> = config.engines.iter().map(String::as_str).collect();
    let names = if asked.is_empty() {
        ENGINES.to_vec()
    } else {
        asked
    };
    let mut started: Vec<Arc<dyn Engine>> = Vec::new();
    for name in names {
        let engine = start_engine(name, config.slots).await;
        match engine.ok_or_else(|| WorkerError::UnknownEngine(name.to_owned()))? {
            Ok(engine) => started.push(engine),
            Err(error) if config.engines.is_empty() => {
                tracing::warn!(engine = name, %error, "an engine does not start here");
            }
            Err(error) => return Err(error.into()),
        }
    }
    if started.is_empty() {
        let why = "no engine starts on this machine; its log says why".to_owned();
        return Err(SpeechError::Unavailable(why).into());
    }
    Ok(Engines::new(started))
}
