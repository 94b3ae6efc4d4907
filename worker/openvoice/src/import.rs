//! A published checkpoint to files of our own. Nothing of a pickle is executed.

use std::{collections::BTreeMap, fs, ops::ControlFlow, path::Path};

use kiskadee_checkpoint::{Checkpoint, TensorToWrite, Weights, write};

use candle_core::Device;

use crate::config::Config;
use crate::error::{OpenVoiceError, Result};
use crate::model::Network;

/// Brings `checkpoint` (`.pth`, or `.safetensors`) and the `config.json` beside it into the folder `target`, which must not be there: `config.json` and
/// `model.safetensors`. Everything that the model needs is checked before the folder appears.
pub fn import(checkpoint: &Path, target: &Path) -> Result<()> {
    let failed = |error: std::io::Error| OpenVoiceError::file(target, error);
    let beside = checkpoint.with_file_name("config.json");
    let config = Config::read(&beside)?;
    let file = Checkpoint::open(checkpoint)?;
    let state = file.state_dict();
    let mut tensors = Vec::new();
    for (name, found) in &state {
        let stored = found.as_ref().map_err(|reason| OpenVoiceError::Tensor {
            name: (*name).to_owned(),
            reason: reason.clone(),
        })?;
        tensors.push(TensorToWrite::stored((*name).to_owned(), &file, stored));
    }
    if target.exists() {
        return Err(OpenVoiceError::file(target, "it is there already"));
    }
    let unfinished = target.with_extension(format!("unfinished-{}", std::process::id()));
    fs::create_dir_all(&unfinished).map_err(failed)?;
    let made = (|| {
        let model = unfinished.join("model.safetensors");
        write(&model, &tensors, &BTreeMap::new(), &mut |_| {
            ControlFlow::Continue(())
        })
        .map_err(failed)?;
        fs::copy(&beside, unfinished.join("config.json")).map_err(failed)?;
        Network::load(&Weights::open(&model, &Device::Cpu)?, &config)?;
        fs::rename(&unfinished, target).map_err(failed)
    })();
    if made.is_err() {
        // What is left of a failed import is of no use to anyone.
        let _ = fs::remove_dir_all(&unfinished);
    }
    made
}
