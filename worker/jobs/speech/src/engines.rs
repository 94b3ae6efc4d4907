//! Starts the engines that this machine can serve.

use std::{
    fs,
    num::NonZero,
    path::{Path, PathBuf},
    sync::Arc,
};

use kiskadee_speech::{
    Engine, Engines, Espeak, EspeakConfig, Kiskadee, KiskadeeConfig, Kokoro, KokoroConfig,
    OpenVoices, OpenVoicesConfig, Piper, PiperConfig, SpeechError, Xtts, XttsConfig,
};

/// In the order in which they start, and in which a command that needs one tries them: natural voices first.
pub const ENGINES: [&str; 5] = ["kokoro", "piper", "kiskadee", "xtts", "espeak"];

/// What engines are told at their start.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Threads or processes of an engine that runs on the CPU.
    pub threads: usize,
    /// The directory of imported models, a folder for each; none where there are no models.
    pub models: Option<PathBuf>,
    pub xtts: XttsOptions,
    /// The process of the engines `kokoro` and `piper`, which they share.
    pub openvoices: OpenVoices,
}

impl EngineOptions {
    /// With a process for `kokoro` and `piper` that uses as many threads.
    pub fn new(threads: usize, models: Option<PathBuf>, xtts: XttsOptions) -> Self {
        Self {
            threads,
            models,
            xtts,
            openvoices: OpenVoices::new(OpenVoicesConfig {
                threads,
                ..OpenVoicesConfig::default()
            }),
        }
    }

    /// How the engine `xtts` runs a model in that folder.
    pub fn xtts_config(&self, model: PathBuf) -> XttsConfig {
        let XttsOptions {
            device,
            precision,
            rows,
        } = self.xtts.clone();
        XttsConfig {
            device,
            precision,
            rows,
            threads: self.threads,
            ..XttsConfig::new(model)
        }
    }

    /// The folder of that name among the imported models, where there is one.
    fn model(&self, name: &str) -> Result<PathBuf, StartError> {
        let model = self.models.as_ref().map(|models| models.join(name));
        let model = model.filter(|model| model.is_dir());
        model.ok_or_else(|| StartError::NoModel {
            engine: name.to_owned(),
        })
    }
}

/// How the engine `xtts` runs its model.
#[derive(Debug, Clone)]
pub struct XttsOptions {
    /// `auto` (a GPU where there is one), `cpu`, `cuda` or `cuda:N`.
    pub device: String,
    /// `auto`, `f32`, `q8`, `f16` or `bf16`.
    pub precision: String,
    /// Passages that are spoken at once; none for what suits the device.
    pub rows: Option<NonZero<usize>>,
}

impl Default for XttsOptions {
    fn default() -> Self {
        Self {
            device: "auto".to_owned(),
            precision: "auto".to_owned(),
            rows: None,
        }
    }
}

/// Why an engine does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("there is no engine named `{0}`; there is: {known}", known = ENGINES.join(", "))]
    Unknown(String),
    /// Nobody has brought its model here, which is no fault.
    #[error("the engine {engine} has no model here; import one with `kiskadee models import`")]
    NoModel { engine: String },
    #[error(transparent)]
    Speech(#[from] SpeechError),
}

/// Starts the engine of that name.
pub async fn start_engine(
    name: &str,
    options: &EngineOptions,
) -> Result<Arc<dyn Engine>, StartError> {
    Ok(match name {
        "kiskadee" => {
            let config = KiskadeeConfig {
                threads: options.threads,
                ..KiskadeeConfig::default()
            };
            Arc::new(Kiskadee::start(config).await?)
        }
        "xtts" => Arc::new(Xtts::start(options.xtts_config(options.model(name)?)).await?),
        "kokoro" => {
            let config = KokoroConfig {
                model: options.model(name)?,
                process: options.openvoices.clone(),
            };
            Arc::new(Kokoro::start(config).await?)
        }
        "piper" => {
            let config = PiperConfig {
                voices: piper_voices(options.models.as_deref()),
                process: options.openvoices.clone(),
            };
            if config.voices.is_empty() {
                return Err(StartError::NoModel {
                    engine: name.to_owned(),
                });
            }
            Arc::new(Piper::start(config).await?)
        }
        "espeak" => {
            let config = EspeakConfig {
                processes: options.threads,
                ..EspeakConfig::default()
            };
            Arc::new(Espeak::start(config).await?)
        }
        _ => return Err(StartError::Unknown(name.to_owned())),
    })
}

/// The folders of imported voices of Piper, which are called after their voices.
fn piper_voices(models: Option<&Path>) -> Vec<PathBuf> {
    let folders = models.and_then(|models| fs::read_dir(models).ok());
    let folders = folders.into_iter().flatten().flatten();
    let is_voice = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("piper-") && path.is_dir()
    };
    let mut voices: Vec<PathBuf> = folders.map(|entry| entry.path()).filter(is_voice).collect();
    voices.sort();
    voices
}

/// The engines that were asked for, which must all start, or, where none is named, all that start: on some machines that
/// is none.
pub async fn start_engines(
    asked: &[String],
    options: &EngineOptions,
) -> Result<Engines, StartError> {
    let names = if asked.is_empty() {
        ENGINES.to_vec()
    } else {
        asked.iter().map(String::as_str).collect()
    };
    let mut started: Vec<Arc<dyn Engine>> = Vec::new();
    for name in names {
        match start_engine(name, options).await {
            Ok(engine) => started.push(engine),
            Err(error @ StartError::NoModel { .. }) if asked.is_empty() => {
                tracing::info!(engine = name, %error, "an engine has no model here");
            }
            Err(error) if asked.is_empty() => {
                tracing::warn!(engine = name, %error, "an engine does not start here");
            }
            Err(error) => return Err(error),
        }
    }
    if started.is_empty() {
        tracing::warn!("no engine starts on this machine: it serves no speech");
    }
    Ok(Engines::new(started))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(models: Option<PathBuf>) -> EngineOptions {
        EngineOptions::new(1, models, XttsOptions::default())
    }

    #[tokio::test]
    async fn an_engine_without_its_model_says_what_to_do() {
        let models = tempfile::tempdir().unwrap();
        for models in [None, Some(models.path().to_owned())] {
            let options = options(models);
            for engine in ["xtts", "kokoro", "piper"] {
                let error = start_engine(engine, &options).await.err().unwrap();
                assert!(matches!(&error, StartError::NoModel { .. }), "{error}");
                assert!(error.to_string().contains("kiskadee models import"));
            }
        }
        let unknown = start_engine("parrot", &options(None)).await.err().unwrap();
        let unknown = unknown.to_string();
        assert!(
            unknown.contains("`parrot`")
                && unknown.contains("kokoro, piper, kiskadee, xtts, espeak"),
            "{unknown}"
        );
    }
}
