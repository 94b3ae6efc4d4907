//! Starts the engines that this machine can serve.

use std::sync::Arc;

use kiskadee_speech::{Engine, Engines, Espeak, EspeakConfig, SpeechError};

use crate::{WorkerConfig, WorkerError};

const KNOWN: [&str; 1] = ["espeak"];

/// The engines that were asked for, or all that start. Those asked for by name must all start.
pub(crate) async fn start_engines(config: &WorkerConfig) -> Result<Engines, WorkerError> {
    if let Some(unknown) = config
        .engines
        .iter()
        .find(|name| !KNOWN.contains(&name.as_str()))
    {
        return Err(WorkerError::UnknownEngine(unknown.clone()));
    }
    let wanted =
        |name: &str| config.engines.is_empty() || config.engines.iter().any(|asked| asked == name);
    let mut started: Vec<Arc<dyn Engine>> = Vec::new();
    if wanted("espeak") {
        let espeak = EspeakConfig {
            processes: config.slots,
            ..EspeakConfig::default()
        };
        match Espeak::start(espeak).await {
            Ok(engine) => started.push(Arc::new(engine)),
            Err(error) if config.engines.is_empty() => {
                tracing::warn!(%error, "an engine does not start here");
            }
            Err(error) => return Err(error.into()),
        }
    }
    if started.is_empty() {
        let why = "install espeak-ng, or name another engine".to_owned();
        return Err(SpeechError::Unavailable(why).into());
    }
    Ok(Engines::new(started))
}
