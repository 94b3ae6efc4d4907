//! From published files to a model of ours: which tensor is which, in f32, under the module names of the reference.
//!
//! Reads `.onnx` (plain or dynamically quantised, in one file or in parts), `.pth` and `.safetensors`. Writes nothing itself.

mod names;
mod onnx;
mod quantization;
mod torch;
mod voices;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kiskadee_checkpoint::onnx::{OnnxFile, OnnxModel};
use kiskadee_checkpoint::{Checkpoint, ImportedModel, ImportedTensor, TensorFile};

pub use self::voices::{PublishedVoice, read_voices};
use crate::config::Config;
use crate::error::{KokoroError, Result};

/// The tensors that every model has, whatever its sizes.
const NEEDED: &str = include_str!("tensors.txt");
/// How many faults are told one by one.
const TOLD: usize = 10;

/// A file of weights, open as long as its tensors are used.
pub enum WeightsFile {
    Onnx(OnnxFile),
    /// Of torch, or safetensors.
    Checkpoint(Checkpoint),
}

impl WeightsFile {
    /// Opens a file, or the parts of an ONNX file in their order.
    pub fn open(parts: &[PathBuf]) -> Result<Self> {
        let [path] = parts else {
            return Ok(Self::Onnx(OnnxFile::join(parts)?));
        };
        let extension = path.extension().and_then(|extension| extension.to_str());
        Ok(match extension {
            Some("pth" | "pt" | "ckpt" | "safetensors") => {
                Self::Checkpoint(Checkpoint::open(path)?)
            }
            _ => Self::Onnx(OnnxFile::open(path)?),
        })
    }

    /// The graph, where the file has one; it is to outlive the tensors.
    pub fn graph(&self) -> Result<Option<OnnxModel<'_>>> {
        match self {
            Self::Onnx(file) => Ok(Some(file.model()?)),
            Self::Checkpoint(_) => Ok(None),
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Onnx(file) => file.path(),
            Self::Checkpoint(file) => file.path(),
        }
    }

    /// Every tensor that the model needs, by name. `graph` is what [`WeightsFile::graph`] gave.
    pub fn tensors<'a>(
        &'a self,
        graph: Option<&'a OnnxModel<'a>>,
    ) -> Result<Vec<ImportedTensor<'a>>> {
        let found = match (self, graph) {
            (Self::Checkpoint(file), _) => torch::tensors(file)?,
            (Self::Onnx(_), Some(graph)) => onnx::tensors(graph)?,
            (Self::Onnx(_), None) => BTreeMap::new(),
        };
        self.check(&found, graph)?;
        Ok(found.into_values().collect())
    }

    fn check(
        &self,
        found: &BTreeMap<String, ImportedTensor<'_>>,
        graph: Option<&OnnxModel<'_>>,
    ) -> Result<()> {
        let missing = NEEDED.lines().filter(|name| !found.contains_key(*name));
        let missing: Vec<&str> = missing.collect();
        if missing.is_empty() {
            return Ok(());
        }
        let looks = graph.map(|graph| {
            let inputs: Vec<&str> = graph.inputs().iter().map(|input| input.name).collect();
            let producer = graph.producer_text();
            format!(
                " (made by {producer}, with the inputs {})",
                inputs.join(", ")
            )
        });
        let more = match missing.len().saturating_sub(TOLD) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let told = missing[..missing.len().min(TOLD)].join(", ");
        let reason = format!(
            "is not a Kokoro model{}: it lacks {told}{more}",
            looks.unwrap_or_default()
        );
        Err(KokoroError::file(self.path(), reason))
    }
}

fn is_needed(name: &str) -> bool {
    NEEDED.lines().any(|needed| needed == name)
}

/// All that the model's folder will hold.
pub fn model<'a>(
    config: (&Config, Vec<u8>),
    weights: Vec<ImportedTensor<'a>>,
    voices: &'a [PublishedVoice],
) -> Result<ImportedModel<'a>> {
    let (sizes, text) = config;
    if sizes.vocab.is_empty() {
        return Err(KokoroError::Input("config.json has no vocabulary".into()));
    }
    if voices.is_empty() {
        return Err(KokoroError::Input(
            "there are no voices beside the model".into(),
        ));
    }
    let file = |name: &str, tensors| TensorFile {
        name: name.to_owned(),
        metadata: BTreeMap::new(),
        tensors,
    };
    Ok(ImportedModel {
        engine: "kokoro",
        documents: vec![("config.json".to_owned(), text)],
        tensors: vec![
            file("model.safetensors", weights),
            file(
                "voices.safetensors",
                voices.iter().map(PublishedVoice::tensor).collect(),
            ),
        ],
    })
}
