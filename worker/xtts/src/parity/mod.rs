//! Compares every stage of the model with golden vectors of the reference implementation.
//!
//! A golden folder is what `reference/golden.py` writes: a small random model, a recording, and the tensors that the reference made of
//! them. Thresholds are relative to the largest value of a stage.

mod decoder;
mod drawing;
mod generation;
mod listening;

use std::{collections::HashMap, path::Path, sync::Arc};

use candle_core::{DType, Device, Tensor};
use kiskadee_checkpoint::Weights;
use serde_json::Value;

use crate::{
    config::{Config, without_non_finite},
    error::{Result, XttsError},
    gpt::Matrices,
    model::Xtts,
};
use kiskadee_nn::parity::Comparisons;
pub use kiskadee_nn::parity::{Comparison, Difference};

/// A golden folder in memory.
struct Golden {
    tensors: HashMap<String, Tensor>,
    facts: Value,
    weights: Weights,
    model: Arc<Xtts>,
}

/// Runs all stages, and shows each comparison as it is made. Fails only where the folder cannot be used.
pub fn compare(folder: &Path, device: &Device, show: &mut dyn FnMut(&Comparison)) -> Result<()> {
    let golden = Golden::open(folder, device)?;
    let mut comparisons = Comparisons::new(&golden.tensors, show);
    listening::compare(folder, &golden, &mut comparisons)?;
    listening::compare_codes(folder, &golden, &mut comparisons)?;
    generation::compare(&golden, &mut comparisons)?;
    drawing::compare(&golden, &mut comparisons)?;
    decoder::compare(&golden, &mut comparisons)
}

impl Golden {
    fn open(folder: &Path, device: &Device) -> Result<Self> {
        let facts = folder.join("meta.json");
        let text = std::fs::read_to_string(&facts);
        let text = text.map_err(|error| XttsError::file(&facts, error))?;
        let mut tensors = HashMap::new();
        for file in ["golden.safetensors", "train.safetensors"] {
            let path = folder.join(file);
            if path.exists() {
                tensors.extend(candle_core::safetensors::load(path, &Device::Cpu)?);
            }
        }
        let weights = Weights::open(&folder.join("model.safetensors"), device)?;
        Ok(Self {
            tensors,
            facts: serde_json::from_str(&without_non_finite(&text))
                .map_err(|error| XttsError::file(&facts, error))?,
            model: Arc::new(model(folder, &weights)?),
            weights,
        })
    }

    fn tensor(&self, name: &str) -> Result<Tensor> {
        let tensor = self.tensors.get(name);
        let tensor =
            tensor.ok_or_else(|| XttsError::tensor(name, "is not in the golden folder"))?;
        Ok(match tensor.dtype() {
            DType::F16 | DType::BF16 | DType::F64 => tensor.to_dtype(DType::F32)?,
            _ => tensor.clone(),
        })
    }

    /// A whole number of `meta.json`.
    fn fact(&self, name: &str, otherwise: usize) -> usize {
        let fact = self.facts.get(name).and_then(Value::as_u64);
        fact.and_then(|fact| usize::try_from(fact).ok())
            .unwrap_or(otherwise)
    }

    fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    fn floats(&self, name: &str) -> Result<Vec<f32>> {
        Ok(self.tensor(name)?.flatten_all()?.to_vec1()?)
    }

    /// Ids and codes, whatever integers they are kept as.
    fn ids(&self, name: &str) -> Result<Vec<u32>> {
        let ids = self.tensor(name)?.to_dtype(DType::I64)?;
        let ids: Vec<i64> = ids.flatten_all()?.to_vec1()?;
        Ok(ids.into_iter().map(|id| id as u32).collect())
    }
}

fn model(folder: &Path, weights: &Weights) -> Result<Xtts> {
    let config = Config::read(&folder.join("config.json"))?;
    let matrices = Matrices::Floating(DType::F32);
    let vocabulary = folder.join("vocab.json");
    Xtts::assemble(weights, config, &vocabulary, &matrices, Vec::new())
}
