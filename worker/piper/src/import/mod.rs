//! The import of a published voice: `NAME.onnx`, `NAME.onnx.json` and where there is one `MODEL_CARD`.
//!
//! Names and sizes come of the graph, which is not run. The voice is put together from the file before anything is written; what it
//! asked for on the way is what is written.

mod card;
mod graph;
mod onnx;
mod sizes;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use candle_core::Device;
use kiskadee_checkpoint::{
    ImportedModel, ImportedTensor, TensorFile,
    folder::{Licence, files},
    onnx::OnnxFile,
};

pub use self::card::Card;
use self::{onnx::Tensors, sizes::sizes};
use crate::{
    config::{PublishedConfig, VOICE, VoiceConfig},
    error::{PiperError, Result},
    model::Piper,
};

/// As the manifest names it.
pub const ENGINE: &str = "piper";
const CARD: &str = "MODEL_CARD";
/// More than any voice's JSON or card has.
const MOST_TEXT_BYTES: u64 = 8 << 20;

/// The files of a published voice.
pub struct PublishedVoice {
    file: OnnxFile,
    json: PathBuf,
    config: PublishedConfig,
    card: Option<(Card, Vec<u8>)>,
}

impl PublishedVoice {
    /// Opens `NAME.onnx` with what lies beside it, or a folder with one such file.
    pub fn open(path: &Path) -> Result<Self> {
        let onnx = if path.is_dir() {
            only_voice(path)?
        } else {
            path.to_owned()
        };
        let mut json = onnx.clone().into_os_string();
        json.push(".json");
        let json = PathBuf::from(json);
        let config = PublishedConfig::read(&json)?;
        let card = onnx.with_file_name(CARD);
        let card = card.is_file().then(|| read_text(&card)).transpose()?;
        Ok(Self {
            file: OnnxFile::open(&onnx)?,
            card: card.map(|text| (Card::parse(&String::from_utf8_lossy(&text)), text)),
            json,
            config,
        })
    }

    /// As voices are named: `en_us-joe-medium` of `en_US-joe-medium.onnx`.
    pub fn name(&self) -> String {
        let stem = self.file.path().file_stem().unwrap_or_default();
        stem.to_string_lossy().to_lowercase()
    }

    pub fn config(&self) -> &PublishedConfig {
        &self.config
    }

    pub fn card(&self) -> Option<&Card> {
        self.card.as_ref().map(|(card, _)| card)
    }

    /// The terms that the voice comes under: what the caller says, else what its card does.
    pub fn licence(&self, given: Option<&str>) -> Result<Licence> {
        let licence = Card::terms(self.card(), given);
        let licence = licence.map_err(|reason| PiperError::file(self.file.path(), reason))?;
        Ok(Licence {
            card: self.card.as_ref().map(|_| CARD.to_owned()),
            ..licence
        })
    }

    /// The voice itself, without a folder and without asking for its terms: to check it.
    pub(crate) fn load(&self, device: &Device) -> Result<Piper> {
        Ok(self.assemble(device)?.0)
    }

    fn assemble(&self, device: &Device) -> Result<(Piper, Tensors<'_>)> {
        let model = self.file.model()?;
        onnx::check(&model)?;
        let (graph, tensors) = onnx::read(&model, device)?;
        let in_file = |error| match error {
            PiperError::Layer { name, reason } => {
                PiperError::file(self.file.path(), format!("layer `{name}`: {reason}"))
            }
            other => other,
        };
        let sizes = sizes(&graph).map_err(in_file)?;
        let config = VoiceConfig::new(&self.config, sizes);
        let config = config.map_err(|reason| PiperError::file(&self.json, reason))?;
        let voice = Piper::assemble(&tensors, config).map_err(in_file)?;
        Ok((voice, tensors))
    }

    /// Checks the voice, and gives what is to be written. Nothing was written when it fails.
    pub fn import(&self) -> Result<ImportedModel<'_>> {
        let (voice, tensors) = self.assemble(&Device::Cpu)?;
        let tensors = tensors.into_asked().into_iter().map(|(name, stored)| {
            let shape = stored.shape().to_vec();
            ImportedTensor::new(name, shape, move || stored.values().map(Cow::Owned))
        });
        Ok(ImportedModel {
            engine: ENGINE,
            documents: self.documents(voice.config())?,
            tensors: vec![TensorFile {
                name: files::MODEL.to_owned(),
                metadata: BTreeMap::new(),
                tensors: tensors.collect(),
            }],
        })
    }

    fn documents(&self, config: &VoiceConfig) -> Result<Vec<(String, Vec<u8>)>> {
        let text = serde_json::to_vec_pretty(config);
        let text = text.map_err(|error| PiperError::file(&self.json, error))?;
        let original = self.json.file_name().unwrap_or_default();
        let original = original.to_string_lossy().into_owned();
        let mut documents = vec![(VOICE.to_owned(), text), (original, read_text(&self.json)?)];
        if let Some((_, text)) = &self.card {
            documents.push((CARD.to_owned(), text.clone()));
        }
        Ok(documents)
    }
}

/// The one `.onnx` file of a folder.
fn only_voice(folder: &Path) -> Result<PathBuf> {
    let failed = |error: std::io::Error| PiperError::file(folder, error);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "onnx")
        {
            found.push(path);
        }
    }
    match found.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(PiperError::file(folder, "holds no `.onnx` file")),
        more => {
            let reason = format!("holds {} voices: name one of its `.onnx` files", more.len());
            Err(PiperError::file(folder, reason))
        }
    }
}

pub(crate) fn read_text(path: &Path) -> Result<Vec<u8>> {
    let failed = |error: std::io::Error| PiperError::file(path, error);
    let bytes = std::fs::metadata(path).map_err(failed)?.len();
    if bytes > MOST_TEXT_BYTES {
        let reason = format!("has {bytes} bytes where at most {MOST_TEXT_BYTES} are read");
        return Err(PiperError::file(path, reason));
    }
    std::fs::read(path).map_err(failed)
}
