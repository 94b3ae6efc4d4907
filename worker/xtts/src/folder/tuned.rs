//! The folder of a model that was tuned: some tensors are new, and all else is that of the model that it was tuned from.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use kiskadee_checkpoint::folder::{FolderWriter, Progress, Provenance};
use kiskadee_checkpoint::{Checkpoint, TensorToWrite};

use super::import::write_quantized_gpt;
use super::{ENGINE, ModelFolder, files};
use crate::config::Config;
use crate::error::{Result, XttsError};

/// What is new, and where to.
pub struct Tuned<'a> {
    pub base: &'a ModelFolder,
    /// The model's folder; what is there is replaced.
    pub target: &'a Path,
    /// What the manifest says of the source.
    pub origin: String,
    /// Stand in the places of the base's of the same names and shapes.
    pub tensors: Vec<TensorToWrite<'a>>,
}

/// Writes the folder. Licence and acceptance are those of the base, for what is tuned from a model is bound as that is.
pub fn tuned(
    request: Tuned<'_>,
    progress: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
) -> Result<ModelFolder> {
    let base = request.base;
    let model = Checkpoint::open(&base.model())?;
    let tensors = merged(&model, request.tensors)?;
    let mut writer = FolderWriter::begin(request.target, progress)?;
    let made = [files::MODEL, files::GPT_Q8];
    let manifest = base.manifest();
    for name in manifest.files.keys() {
        if !made.contains(&name.as_str()) {
            writer.copy(name, &base.path().join(name))?;
        }
    }
    writer.tensors(files::MODEL, &tensors, &BTreeMap::new())?;
    write_quantized_gpt(&mut writer, &Config::read(&base.config())?)?;
    writer.publish(Provenance {
        engine: ENGINE.to_owned(),
        source: request.origin,
        licence: manifest.licence.clone(),
        acceptance: manifest.acceptance.clone(),
        parameters: manifest.parameters,
    })?;
    ModelFolder::open(request.target)
}

/// All tensors of the base, the new ones in their places.
fn merged<'a>(
    model: &'a Checkpoint,
    new: Vec<TensorToWrite<'a>>,
) -> Result<Vec<TensorToWrite<'a>>> {
    let mut all = BTreeMap::new();
    for (name, found) in model.state_dict() {
        let stored = found
            .as_ref()
            .map_err(|reason| XttsError::tensor(name, reason))?;
        let tensor = TensorToWrite::stored(name.to_owned(), model, stored);
        all.insert(name.to_owned(), tensor);
    }
    for tensor in new {
        let place = all.get_mut(&tensor.name);
        let place = place
            .filter(|old| old.shape == tensor.shape)
            .ok_or_else(|| {
                let shape = &tensor.shape;
                let reason =
                    format!("of the shape {shape:?} has no place in the model it was tuned from");
                XttsError::tensor(&tensor.name, reason)
            })?;
        *place = tensor;
    }
    Ok(all.into_values().collect())
}
