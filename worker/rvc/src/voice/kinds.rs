//! What a file is, by what is in it.

use kiskadee_checkpoint::{Checkpoint, Setting};

use super::CONFIG;
use crate::error::{Result, RvcError};

pub(super) enum Kind {
    /// What people share.
    Exported,
    /// The generator of a training, with its posterior encoder.
    Training,
    /// Our own, with its configuration in JSON.
    Written(String),
}

impl Kind {
    pub(super) fn of(checkpoint: &Checkpoint) -> Result<Self> {
        if let Some(json) = checkpoint.metadata().remove(CONFIG) {
            return Ok(Self::Written(json));
        }
        let has = |key: &str, starts: &str| {
            checkpoint.entries().iter().any(|entry| {
                matches!(&entry.path[..], [outer, name] if outer == key && name.starts_with(starts))
            })
        };
        if has("weight", "") {
            refuse_other_networks(checkpoint)?;
            return Ok(Self::Exported);
        }
        if has("model", "discriminators.") {
            return Err(RvcError::Discriminator);
        }
        if has("model", "enc_p.") && has("model", "dec.") {
            return Ok(Self::Training);
        }
        Err(RvcError::NotAVoice(
            "there are no tensors under `weight`, and no generator under `model`".to_owned(),
        ))
    }
}

/// Applio tells which networks a voice was trained with.
fn refuse_other_networks(checkpoint: &Checkpoint) -> Result<()> {
    let told = |name: &str| checkpoint.settings().get(name).and_then(Setting::text);
    match (told("vocoder"), told("embedder_model")) {
        (Some(vocoder), _) if vocoder != "HiFi-GAN" => {
            Err(RvcError::UnsupportedVocoder(vocoder.to_owned()))
        }
        (_, Some(embedder)) if embedder != "contentvec" => {
            Err(RvcError::UnsupportedEmbedder(embedder.to_owned()))
        }
        _ => Ok(()),
    }
}
