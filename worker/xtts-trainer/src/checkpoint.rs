//! Checkpoints: everything that the next step depends on, to the bit. Of the gigabytes of a model, one tensor at a time is copied.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use candle_core::Tensor;
use kiskadee_checkpoint::{Number, TensorToWrite, Weights, metadata, write};
use kiskadee_xtts::folder::TunedVoice;
use serde::{Deserialize, Serialize};

use crate::error::{Result, TrainError};
use crate::optimizer::AdamW;
use crate::parameters::Parameters;
use crate::recipe::Recipe;

const DOCUMENT: &str = "kiskadee";
/// Of this layout of a checkpoint.
const FORMAT: u32 = 1;
/// What is written before a parameter's name: its value and its moments.
pub(crate) const VALUE: &str = "value.";
const FIRST: &str = "first.";
const SECOND: &str = "second.";

/// The part of a checkpoint that is no tensor. Data order and random draws follow from the seed and the step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    pub format: u32,
    /// Of the optimiser, done.
    pub step: u64,
    pub recipe: Recipe,
    /// Of the dataset.
    pub version: String,
    /// Mean loss of the last step.
    pub loss: f32,
    /// Loss of the codes at the last evaluation.
    pub evaluation: Option<f32>,
    pub best: Option<Best>,
    /// Evaluations since the last gain.
    pub without_gain: u32,
}

/// The evaluation with the least loss of the codes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Best {
    pub step: u64,
    pub loss: f32,
}

impl State {
    pub(crate) fn new(recipe: &Recipe, version: String) -> Self {
        Self {
            format: FORMAT,
            step: 0,
            recipe: recipe.clone(),
            version,
            loss: f32::MAX,
            evaluation: None,
            best: None,
            without_gain: 0,
        }
    }

    /// Refuses to go on with what would not lead to the same result.
    pub(crate) fn check_goes_on(&self, recipe: &Recipe, version: &str) -> Result<()> {
        if !recipe.goes_on(&self.recipe) {
            return Err(TrainError::OtherOptions(format!("{:?}", self.recipe)));
        }
        if self.version != version {
            let reason = format!("dataset {} instead of {version}", self.version);
            return Err(TrainError::OtherOptions(reason));
        }
        Ok(())
    }
}

/// The file of a step.
pub fn path_of(out: &Path, step: u64) -> PathBuf {
    out.join(format!("checkpoint-{step:08}.safetensors"))
}

/// The files of the checkpoints in `out`, oldest first.
pub fn list_checkpoints(out: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(out) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(TrainError::file(out)(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(TrainError::file(out))?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.unwrap_or_default();
        if name.starts_with("checkpoint-") && name.ends_with(".safetensors") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Writes a checkpoint under a name that sorts by step; it is there as a whole or not at all.
pub(crate) fn save(
    out: &Path,
    state: &State,
    parameters: &Parameters,
    optimizer: &AdamW,
) -> Result<PathBuf> {
    let path = path_of(out, state.step);
    let partial = path.with_extension("partial");
    match fs::remove_file(&partial) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(TrainError::file(&partial)(error));
        }
        _ => {}
    }
    let tensors = tensors(parameters, optimizer);
    let document = serde_json::to_string(state)
        .map_err(|error| TrainError::Options(format!("a checkpoint cannot be written: {error}")))?;
    let about = BTreeMap::from([(DOCUMENT.to_owned(), document)]);
    write(&partial, &tensors, &about, &mut |_| {
        ControlFlow::Continue(())
    })
    .map_err(TrainError::file(&partial))?;
    fs::rename(&partial, &path).map_err(TrainError::file(&path))?;
    let folder = File::open(out).and_then(|folder| folder.sync_all());
    folder.map_err(TrainError::file(out))?;
    Ok(path)
}

fn tensors<'a>(parameters: &'a Parameters, optimizer: &'a AdamW) -> Vec<TensorToWrite<'a>> {
    let moments = optimizer.first.iter().zip(&optimizer.second);
    let all = parameters.iter().zip(moments);
    let three = all.flat_map(|(one, (first, second))| {
        let parts = [
            (VALUE, one.var.as_tensor()),
            (FIRST, first),
            (SECOND, second),
        ];
        parts.map(|(part, tensor)| to_write(format!("{part}{}", one.name), tensor))
    });
    three.collect()
}

/// A tensor of f32, from whichever device.
pub(crate) fn to_write(name: String, tensor: &Tensor) -> TensorToWrite<'_> {
    TensorToWrite {
        name,
        number: Number::F32,
        shape: tensor.dims().to_vec(),
        copy: Box::new(move |out| copy(tensor, out)),
    }
}

fn copy(tensor: &Tensor, out: &mut dyn Write) -> std::io::Result<()> {
    let values = tensor.flatten_all().and_then(|flat| flat.to_vec1::<f32>());
    let mut bytes = Vec::with_capacity(1 << 16);
    for chunk in values.map_err(std::io::Error::other)?.chunks(1 << 14) {
        bytes.clear();
        bytes.extend(chunk.iter().flat_map(|value| value.to_le_bytes()));
        out.write_all(&bytes)?;
    }
    Ok(())
}

/// The part of the checkpoint at `path` that is no tensor.
pub fn peek(path: &Path) -> Result<State> {
    let file = File::open(path).map_err(TrainError::file(path))?;
    let about = metadata(&file).map_err(|reason| TrainError::damaged(path, reason))?;
    let document = about.get(DOCUMENT);
    let document = document.ok_or_else(|| TrainError::damaged(path, "it describes no run"))?;
    let state: State =
        serde_json::from_str(document).map_err(|error| TrainError::damaged(path, error))?;
    if state.format != FORMAT {
        let reason = format!("its format is {}, not {FORMAT}", state.format);
        return Err(TrainError::damaged(path, reason));
    }
    Ok(state)
}

/// Puts a checkpoint's values into the parameters, and its moments into the optimiser where one is given.
pub(crate) fn load(
    path: &Path,
    parameters: &Parameters,
    optimizer: Option<&mut AdamW>,
) -> Result<State> {
    let state = peek(path)?;
    let damaged = |error: &dyn std::fmt::Display| TrainError::damaged(path, error);
    let weights = Weights::open(path, parameters.device()).map_err(|error| damaged(&error))?;
    let read = |part: &str, name: &str, like: &Tensor| {
        let tensor = weights.get(&format!("{part}{name}"), like.shape().clone());
        tensor.map_err(|error| damaged(&error))
    };
    for one in parameters.iter() {
        one.var.set(&read(VALUE, &one.name, &one.var)?)?;
    }
    if let Some(optimizer) = optimizer {
        for (place, one) in parameters.iter().enumerate() {
            optimizer.first[place] = read(FIRST, &one.name, &one.var)?;
            optimizer.second[place] = read(SECOND, &one.name, &one.var)?;
        }
        optimizer.steps = state.step;
    }
    Ok(state)
}

/// Puts the values of another run's checkpoint, or of a tuned voice, into the parameters.
pub(crate) fn begin_with(path: &Path, parameters: &Parameters) -> Result<()> {
    if TunedVoice::open(path).is_err() {
        return load(path, parameters, None).map(drop);
    }
    let weights = Weights::open(path, parameters.device())?;
    for one in parameters.iter() {
        one.var
            .set(&weights.get(&one.name, one.var.shape().clone())?)?;
    }
    Ok(())
}
