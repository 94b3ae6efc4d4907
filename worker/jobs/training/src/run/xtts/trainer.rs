//! The XTTS model of a worker that can be trained: one that was imported with its DVAE.

use std::{
    num::NonZero,
    path::{Path, PathBuf},
    thread::available_parallelism,
};

use candle_core::Device;
use kiskadee_runner::JobError;
use kiskadee_speech::XttsConfig;
use kiskadee_text::TranscriptLanguage;
use kiskadee_xtts::{
    Config, INPUT_RATE, ModelFolder,
    folder::{model_id, vocabulary_size},
};
use kiskadee_xtts_trainer::{Estimate, Recipe, TrainError, free_memory};
use serde_json::{Value, json};

/// The folder among the imported models.
const NAME: &str = "xtts";
/// Floating-point operations a second of one core that does nothing else.
const CORE_OPERATIONS: f64 = 8e10;
/// Of a GPU in f32, of which a small batch uses a part.
const GPU_OPERATIONS: f64 = 1e13;
/// Lengths of clips in seconds for which it is told what a step takes; the last is the longest that is learned from.
const LENGTHS: [f64; 7] = [1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 11.61];
/// Text ids of a second of speech, rather too many.
const TOKENS_PER_SECOND: f64 = 18.0;

/// A model that runs can begin with, and how voices of it are heard.
#[derive(Debug)]
pub struct XttsTrainer {
    pub(super) folder: ModelFolder,
    /// What tells it from all other models.
    pub(super) id: String,
    pub(super) config: Config,
    pub(super) text_tokens: usize,
    pub(super) device: Device,
    /// With another folder, how a tuned model is heard.
    engine: XttsConfig,
}

impl XttsTrainer {
    /// The model in the directory of imported models; none where there is none that can be trained. `engine` says on which device
    /// it is trained, and by which program it is heard.
    pub fn find(models: &Path, engine: impl FnOnce(PathBuf) -> XttsConfig) -> Option<Self> {
        let path = models.join(NAME);
        if !path.is_dir() {
            return None;
        }
        match Self::open(&path, engine(path.clone())) {
            Ok(found) => Some(found),
            Err(error) => {
                tracing::warn!(%error, "the XTTS model here cannot be trained");
                None
            }
        }
    }

    fn open(path: &Path, engine: XttsConfig) -> Result<Self, TrainError> {
        let folder = ModelFolder::open(path)?;
        if folder.dvae().is_none() {
            return Err(TrainError::Options(
                "it was imported without dvae.pth: import it again with that file beside model.pth"
                    .to_owned(),
            ));
        }
        let config = Config::read(&folder.config())?;
        let text_tokens = match config.model_args.gpt_number_text_tokens {
            Some(tokens) => tokens,
            None => vocabulary_size(&folder.vocabulary())?,
        };
        Ok(Self {
            id: model_id(&folder)?.to_owned(),
            device: device(&engine.device)?,
            folder,
            config,
            text_tokens,
            engine,
        })
    }

    /// The lane of the slices that need this very model.
    pub(crate) fn lane(&self) -> String {
        format!("training:slice:xtts:{}", self.id)
    }

    /// How a tuned model in that folder is heard.
    pub(super) fn engine_on(&self, model: &Path) -> XttsConfig {
        XttsConfig {
            model: model.to_owned(),
            rows: NonZero::new(1),
            ..self.engine.clone()
        }
    }

    /// As the checkpoint names the language of a tag.
    pub(super) fn language(&self, tag: &str) -> Result<(String, TranscriptLanguage), JobError> {
        let wanted = TranscriptLanguage::from_tag(tag);
        let found = self.config.languages.iter().find_map(|code| {
            let rules = TranscriptLanguage::from_tag(code)?;
            (Some(rules) == wanted).then(|| (code.clone(), rules))
        });
        found.ok_or_else(|| {
            let known = self.config.languages.join(", ");
            JobError::Reject(format!("the engine xtts learns {known}, not `{tag}`"))
        })
    }

    pub(super) fn device_name(&self) -> &'static str {
        if self.device.is_cpu() { "cpu" } else { "cuda" }
    }

    /// Bytes that a run can have here; none where nobody tells.
    pub(super) fn free_bytes(&self) -> Option<u64> {
        self.device.is_cpu().then(free_memory).flatten()
    }

    /// What the rest of the system is told, from which it says beforehand what a run takes.
    pub(crate) fn describe(&self) -> Value {
        let languages = self.config.languages.iter();
        let languages: Vec<&str> = languages
            .filter_map(|code| TranscriptLanguage::from_tag(code))
            .map(TranscriptLanguage::tag)
            .collect();
        let whole = self.estimate(LENGTHS[0], false);
        json!({
            "engine": NAME,
            "model": self.id,
            "lane": self.lane(),
            "languages": languages,
            "licence": self.folder.manifest().licence.title,
            "device": self.device_name(),
            "free_bytes": self.free_bytes(),
            "parameters": whole.parameters,
            "fixed_bytes": whole.total - whole.activations,
            "clips": LENGTHS.map(|seconds| self.clip(seconds)),
        })
    }

    /// What one clip in a micro-batch takes.
    fn clip(&self, seconds: f64) -> Value {
        let (kept, anew) = (self.estimate(seconds, false), self.estimate(seconds, true));
        let cores = available_parallelism().map_or(1, NonZero::get);
        let rate = if self.device.is_cpu() {
            CORE_OPERATIONS * cores as f64
        } else {
            GPU_OPERATIONS
        };
        json!({
            "seconds": seconds,
            "bytes": kept.activations,
            "least_bytes": anew.activations,
            "cost_seconds": kept.step_seconds(rate),
        })
    }

    fn estimate(&self, seconds: f64, recompute: bool) -> Estimate {
        let recipe = Recipe {
            accumulation: 1,
            ..Recipe::for_clips(1)
        };
        let longest = (
            (seconds * f64::from(INPUT_RATE)) as usize,
            ((seconds * TOKENS_PER_SECOND) as usize).min(200),
        );
        Estimate::new(&self.config, self.text_tokens, &recipe, longest, recompute)
    }
}

/// `auto`, `cpu`, `cuda` or `cuda:N`, as the engine is told.
fn device(name: &str) -> Result<Device, TrainError> {
    let number = name.strip_prefix("cuda:").unwrap_or("0");
    let unknown = || TrainError::Options(format!("there is no device `{name}`"));
    match name {
        "cpu" => Ok(Device::Cpu),
        "auto" => Ok(Device::cuda_if_available(0)?),
        _ => Ok(Device::new_cuda(number.parse().map_err(|_| unknown())?)?),
    }
}
