//! What the reference's script wrote into a folder.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use kiskadee_checkpoint::Weights;
use kiskadee_nn::parity::Comparisons;
use serde::Deserialize;

use crate::config::Config;
use crate::error::{Result, WhisperError};
use crate::model::{Network, Precision};
use crate::tokens::Tokens;
use crate::whisper::Whisper;

pub(super) struct Golden {
    pub(super) model: Whisper,
    pub(super) told: Told,
    tensors: HashMap<String, Tensor>,
}

/// `golden.json`
#[derive(Deserialize)]
pub(super) struct Told {
    pub(super) fixed_prompt: Vec<u32>,
    /// The likeliest, with their probabilities.
    pub(super) languages: Vec<(u32, f32)>,
    pub(super) timestamps: Greedy,
    pub(super) plain: Greedy,
    /// Tokens that were said at most.
    #[serde(default = "default_steps")]
    pub(super) steps: usize,
    eot: u32,
    sot: u32,
    no_timestamps: u32,
}

fn default_steps() -> usize {
    24
}

#[derive(Deserialize)]
pub(super) struct Greedy {
    pub(super) initial: Vec<u32>,
    pub(super) tokens: Vec<u32>,
    pub(super) text: Option<String>,
    avg_logprob: f32,
    no_speech_prob: f32,
}

impl Golden {
    pub(super) fn open(folder: &Path, device: &Device) -> Result<Self> {
        let path = folder.join("golden.json");
        let text = std::fs::read_to_string(&path).map_err(|e| WhisperError::file(&path, e))?;
        let told: Told =
            serde_json::from_str(&text).map_err(|error| WhisperError::file(&path, error))?;
        let model = if folder.join("tokenizer.json").exists() {
            Whisper::open(folder, device)?
        } else {
            without_vocabulary(folder, device, &told)?
        };
        let path = folder.join("golden.safetensors");
        Ok(Self {
            model,
            told,
            tensors: candle_core::safetensors::load(path, &Device::Cpu)?,
        })
    }

    /// All that tensors are compared with by name, of a batch of one without the batch, and with the figures of `golden.json`.
    pub(super) fn tensors(&self) -> Result<HashMap<String, Tensor>> {
        let figures = |values: &[f32]| Tensor::from_slice(values, values.len(), &Device::Cpu);
        let mut tensors = HashMap::new();
        for (name, tensor) in &self.tensors {
            let tensor = match tensor.dims() {
                [1, _, _] | [1, _] => tensor.squeeze(0)?,
                _ => tensor.clone(),
            };
            tensors.insert(name.clone(), tensor);
        }
        for (name, greedy) in [
            ("timestamps", &self.told.timestamps),
            ("plain", &self.told.plain),
        ] {
            let figure = figures(&[greedy.avg_logprob])?;
            tensors.insert(format!("{name} log probability"), figure);
            let figure = figures(&[greedy.no_speech_prob])?;
            tensors.insert(format!("{name} no speech"), figure);
        }
        let languages: Vec<f32> = self.told.languages.iter().map(|(_, p)| *p).collect();
        tensors.insert("language probabilities".to_owned(), figures(&languages)?);
        Ok(tensors)
    }

    pub(super) fn floats(&self, name: &str) -> Result<Vec<f32>> {
        let tensor = self.tensors.get(name);
        let missing = || WhisperError::tensor(name, "is not in the golden folder");
        let tensor = tensor.ok_or_else(missing)?.to_dtype(DType::F32)?;
        Ok(tensor.flatten_all()?.to_vec1()?)
    }

    /// Compares as many times of `[time, channel]` as there are golden ones; a spectrogram stands there with its bands first.
    pub(super) fn beginning(
        &self,
        name: &str,
        found: &Tensor,
        threshold: f64,
        comparisons: &mut Comparisons<'_>,
    ) -> Result<()> {
        let Some(golden) = self.tensors.get(name) else {
            return Ok(());
        };
        let (time, found) = if name.starts_with("mel") {
            (golden.dim(1)?, found.t()?)
        } else {
            (golden.dim(golden.rank() - 2)?, found.clone())
        };
        let axis = usize::from(name.starts_with("mel"));
        let shown = time.min(found.dim(axis)?);
        let found = found.narrow(axis, 0, shown)?;
        Ok(comparisons.tensor(name, &found.contiguous()?, threshold)?)
    }
}

/// A model whose special tokens are where the golden file says.
fn without_vocabulary(folder: &Path, device: &Device, told: &Told) -> Result<Whisper> {
    let config = Config::read(&folder.join("config.json"))?;
    let weights = Weights::open(&folder.join("model.safetensors"), device)?;
    let languages = told.no_timestamps.saturating_sub(told.sot + 6) as usize;
    let tokens = Tokens::laid_out(told.eot, languages);
    let network = Network::new(&config, &weights, Precision::Full)?;
    Whisper::new(config, tokens, None, network)
}
