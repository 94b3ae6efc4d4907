//! Files of voices: what RVC exports, what its trainings leave, and what this crate writes of either.

mod config;
mod kinds;
mod shapes;

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use candle_core::Device;
use kiskadee_checkpoint::{Checkpoint, TensorToWrite, Written};

pub use self::config::{Version, VoiceConfig};
use self::kinds::Kind;
use crate::error::{Result, RvcError};
use crate::tensors::Tensors;

/// The entry of a written file's metadata that holds the configuration.
const CONFIG: &str = "rvc";

/// An open file of a voice, whose tensors were not read yet.
pub struct VoiceFile {
    config: VoiceConfig,
    tensors: Tensors,
}

impl VoiceFile {
    /// Opens an exported voice (`*.pth`), the generator of a training (`G_*.pth`), or what [`VoiceFile::write`] wrote. Nothing of a pickle is
    /// run, and nothing is allocated by what the file says of itself before that was checked.
    pub fn open(path: &Path, device: &Device) -> Result<Self> {
        let checkpoint = Arc::new(Checkpoint::open(path)?);
        let kind = Kind::of(&checkpoint)?;
        let named = |name: &str| (!name.starts_with("enc_q.")).then(|| name.to_owned());
        let tensors = |key| Tensors::new(Arc::clone(&checkpoint), key, named, device);
        let (config, tensors) = match kind {
            Kind::Exported => {
                let tensors = tensors(Some("weight"));
                let config = VoiceConfig::exported(checkpoint.settings(), &tensors)?;
                (config, tensors)
            }
            Kind::Training => {
                let all = Tensors::new(
                    Arc::clone(&checkpoint),
                    Some("model"),
                    |name| Some(name.to_owned()),
                    device,
                );
                (shapes::config(&all)?, tensors(Some("model")))
            }
            Kind::Written(json) => {
                let config: VoiceConfig = serde_json::from_str(&json)
                    .map_err(|error| RvcError::Config(error.to_string()))?;
                config.check()?;
                (config, tensors(None))
            }
        };
        Ok(Self { config, tensors })
    }

    pub fn config(&self) -> &VoiceConfig {
        &self.config
    }

    /// Writes the voice as safetensors, the only form that should be kept: no pickle, and nothing that only trainings need. Refuses
    /// weights that are no finite numbers. Numbers stay as they are stored.
    pub fn write(&self, path: &Path) -> Result<Written> {
        let mut tensors = Vec::new();
        for (name, found) in self.tensors.stored_tensors() {
            let Ok(stored) = found else { continue };
            self.tensors.get(name, &stored.shape)?;
            let checkpoint = self.tensors.checkpoint();
            tensors.push(TensorToWrite::stored(name.clone(), checkpoint, stored));
        }
        let failed = |error: io::Error| RvcError::unreadable(path, error);
        let json = serde_json::to_string(&self.config);
        let json = json.map_err(|error| failed(error.into()))?;
        let metadata = BTreeMap::from([(CONFIG.to_owned(), json)]);
        let mut go_on = |_| ControlFlow::Continue(());
        kiskadee_checkpoint::write(path, &tensors, &metadata, &mut go_on).map_err(failed)
    }

    pub(crate) fn tensors(&self) -> &Tensors {
        &self.tensors
    }
}
