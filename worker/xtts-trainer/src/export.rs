//! From a checkpoint to what speaks: a model's folder, or a voice that stands on the model that it was tuned from.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use kiskadee_checkpoint::{Checkpoint, Stored, TensorToWrite};
use kiskadee_xtts::folder::{Progress, Tuned, TunedVoice, tuned};
use kiskadee_xtts::{Conditioning, ModelFolder};

use crate::checkpoint::{VALUE, peek};
use crate::error::{Result, TrainError};

/// Writes the folder of the model that a checkpoint holds the GPT of, and `base` all else. It has the licence of `base`, for what is tuned from a
/// model is bound as that is. `origin` is what the manifest says of its source. No more than one tensor is in memory.
pub fn export(
    checkpoint: &Path,
    base: &ModelFolder,
    target: &Path,
    origin: String,
    progress: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
) -> Result<ModelFolder> {
    let file = Checkpoint::open(checkpoint)?;
    let request = Tuned {
        base,
        target,
        origin,
        tensors: values(checkpoint, &file)?,
    };
    Ok(tuned(request, progress)?)
}

/// Writes a voice of a checkpoint: its GPT in half precision, and what it speaks as. Returns how many bytes it has.
pub fn export_voice(
    checkpoint: &Path,
    base: &ModelFolder,
    target: &Path,
    origin: String,
    voice: &Conditioning,
) -> Result<u64> {
    let file = Checkpoint::open(checkpoint)?;
    let tensors = values(checkpoint, &file)?;
    Ok(TunedVoice::write(target, base, origin, tensors, voice)?)
}

/// The parameters of a checkpoint, by their names in a model.
fn values<'a>(checkpoint: &Path, file: &'a Checkpoint) -> Result<Vec<TensorToWrite<'a>>> {
    let state = peek(checkpoint)?;
    let mut values: BTreeMap<String, &Stored> = BTreeMap::new();
    for (name, found) in file.state_dict() {
        let Some(name) = name.strip_prefix(VALUE) else {
            continue;
        };
        let damaged = |reason| TrainError::damaged(checkpoint, format!("{name} {reason}"));
        values.insert(name.to_owned(), found.as_ref().map_err(damaged)?);
    }
    if values.is_empty() {
        let reason = format!("step {} holds no parameters", state.step);
        return Err(TrainError::damaged(checkpoint, reason));
    }
    let tensors = values
        .into_iter()
        .map(|(name, stored)| TensorToWrite::stored(name, file, stored));
    Ok(tensors.collect())
}
