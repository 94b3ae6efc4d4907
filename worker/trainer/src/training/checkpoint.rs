//! Checkpoints: everything that the next step depends on, to the bit.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use candle_core::Tensor;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};

use super::normalization::Normalization;
use super::optimizer::AdamW;
use super::options::Recipe;
use super::parameters::Parameters;
use crate::TrainError;
use crate::corpus::Speaker;

const DOCUMENT: &str = "kiskadee";
/// Checkpoints that stay beside the latest.
const KEPT: usize = 2;

/// The part of a checkpoint that is no tensor. Data order and random draws follow from the seed and the step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) step: u64,
    pub(super) recipe: Recipe,
    pub(super) normalization: Normalization,
    /// Which recordings the run is made with.
    pub(super) recordings: Vec<RecordingsOf>,
    /// Of the step before, for those who list checkpoints.
    pub(super) loss: f32,
}

/// Enough of a speaker's recordings to notice that they are others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RecordingsOf {
    speaker: String,
    recordings: usize,
    frames: usize,
}

impl State {
    pub(super) fn new(recipe: &Recipe, speakers: &[Speaker], normalization: Normalization) -> Self {
        let recipe = recipe.clone();
        let recordings = recordings_of(speakers);
        Self {
            step: 0,
            recipe,
            normalization,
            recordings,
            loss: f32::MAX,
        }
    }

    /// Refuses to go on with what would not lead to the same result. As many sentences in a step may be put together otherwise.
    pub(super) fn check_goes_on(
        &self,
        recipe: &Recipe,
        speakers: &[Speaker],
    ) -> Result<(), TrainError> {
        let halved_later = recipe.halved_from.is_some_and(|from| from >= self.step);
        let together = self.recipe.together() == recipe.together();
        let sizes = if together { recipe } else { &self.recipe };
        let before = Recipe {
            batch: sizes.batch,
            accumulation: sizes.accumulation,
            halved_from: if halved_later {
                recipe.halved_from
            } else {
                self.recipe.halved_from
            },
            ..self.recipe.clone()
        };
        if before != *recipe {
            return Err(TrainError::OtherOptions(format!("{:?}", self.recipe)));
        }
        if self.recordings != recordings_of(speakers) {
            return Err(TrainError::OtherOptions(format!("{:?}", self.recordings)));
        }
        Ok(())
    }
}

fn recordings_of(speakers: &[Speaker]) -> Vec<RecordingsOf> {
    let of = |speaker: &Speaker| RecordingsOf {
        speaker: speaker.name.clone(),
        recordings: speaker.recordings.len(),
        frames: speaker
            .recordings
            .iter()
            .map(|recording| recording.frames.len())
            .sum(),
    };
    speakers.iter().map(of).collect()
}

/// The files of the checkpoints in `out`, oldest first.
pub fn list_checkpoints(out: &Path) -> Result<Vec<PathBuf>, TrainError> {
    let entries = match fs::read_dir(out) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(TrainError::file(out)(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(TrainError::file(out))?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if name.starts_with("checkpoint-") && name.ends_with(".safetensors") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Writes a checkpoint under a name that sorts by step, and removes the oldest.
pub(super) fn save(
    out: &Path,
    state: &State,
    parameters: &Parameters,
    optimizer: &AdamW,
) -> Result<PathBuf, TrainError> {
    let path = out.join(format!("checkpoint-{:08}.safetensors", state.step));
    let partial = path.with_extension("partial");
    fs::write(&partial, encode(state, parameters, optimizer)?)
        .map_err(TrainError::file(&partial))?;
    fs::rename(&partial, &path).map_err(TrainError::file(&path))?;
    let mut paths = list_checkpoints(out)?;
    paths.truncate(paths.len().saturating_sub(KEPT + 1));
    for old in paths {
        fs::remove_file(&old).map_err(TrainError::file(&old))?;
    }
    Ok(path)
}

fn encode(
    state: &State,
    parameters: &Parameters,
    optimizer: &AdamW,
) -> Result<Vec<u8>, TrainError> {
    let mut entries: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
    for (index, (name, var)) in parameters.iter().enumerate() {
        let values = var.flatten_all()?.to_vec1::<f32>()?;
        for (prefix, values) in [
            ("value", &values),
            ("first", &optimizer.first[index]),
            ("second", &optimizer.second[index]),
        ] {
            let bytes = values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect();
            entries.push((format!("{prefix}.{name}"), var.dims().to_vec(), bytes));
        }
    }
    let format = |error: &dyn std::fmt::Display| {
        TrainError::Options(format!("the checkpoint cannot be written: {error}"))
    };
    let views = entries.iter().map(|(name, shape, bytes)| {
        TensorView::new(Dtype::F32, shape.clone(), bytes)
            .map(|view| (name, view))
            .map_err(|error| format(&error))
    });
    let document = serde_json::to_string(state).map_err(|error| format(&error))?;
    let header = HashMap::from([(DOCUMENT.to_owned(), document)]);
    safetensors::serialize(views.collect::<Result<Vec<_>, _>>()?, Some(header))
        .map_err(|error| format(&error))
}

/// Puts a checkpoint's values into `parameters` and `optimizer`.
pub(super) fn load(
    path: &Path,
    parameters: &Parameters,
    optimizer: &mut AdamW,
) -> Result<State, TrainError> {
    let bytes = fs::read(path).map_err(TrainError::file(path))?;
    let state = read_state(path, &bytes)?;
    let tensors =
        SafeTensors::deserialize(&bytes).map_err(|error| TrainError::damaged(path, error))?;
    let read = |prefix: &str, name: &str, count: usize| -> Result<Vec<f32>, TrainError> {
        let view = tensors
            .tensor(&format!("{prefix}.{name}"))
            .map_err(|error| TrainError::damaged(path, error))?;
        let (values, rest) = view.data().as_chunks::<4>();
        if view.dtype() != Dtype::F32 || values.len() != count || !rest.is_empty() {
            return Err(TrainError::damaged(
                path,
                format!("{prefix}.{name} has the wrong size"),
            ));
        }
        Ok(values
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect())
    };
    for (index, (name, var)) in parameters.iter().enumerate() {
        let count = var.elem_count();
        var.set(&Tensor::from_vec(
            read("value", name, count)?,
            var.shape(),
            var.device(),
        )?)?;
        optimizer.first[index] = read("first", name, count)?;
        optimizer.second[index] = read("second", name, count)?;
    }
    optimizer.steps = state.step;
    Ok(state)
}

/// The part of the checkpoint at `path` that is no tensor.
pub(super) fn peek(path: &Path) -> Result<State, TrainError> {
    read_state(path, &fs::read(path).map_err(TrainError::file(path))?)
}

fn read_state(path: &Path, bytes: &[u8]) -> Result<State, TrainError> {
    let (_, header) =
        SafeTensors::read_metadata(bytes).map_err(|error| TrainError::damaged(path, error))?;
    let document = header.metadata().as_ref().and_then(|map| map.get(DOCUMENT));
    let document = document.ok_or_else(|| TrainError::damaged(path, "it describes no run"))?;
    serde_json::from_str(document).map_err(|error| TrainError::damaged(path, error))
}
