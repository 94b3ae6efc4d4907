//! What the model knows of a voice: latents for the GPT and an embedding for the vocoder.

use std::collections::HashMap;
use std::sync::Arc;

use candle_core::{Device, Tensor};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView, serialize};

use crate::config::Config;
use crate::error::{Result, XttsError};

/// Latents of every voice.
pub const LATENTS: usize = 32;

const LATENTS_NAME: &str = "gpt_cond_latent";
const EMBEDDING_NAME: &str = "speaker_embedding";
const VERSION_KEY: &str = "kiskadee_voice";
const VERSION: &str = "1";

/// A voice. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub struct Conditioning {
    latents: Arc<[f32]>,
    embedding: Arc<[f32]>,
}

impl Conditioning {
    /// `latents` are `[32, channels]`, row by row.
    pub fn new(latents: Vec<f32>, embedding: Vec<f32>) -> Result<Self> {
        if latents.is_empty() || !latents.len().is_multiple_of(LATENTS) || embedding.is_empty() {
            let reason = format!("a voice needs {LATENTS} latents of one size and an embedding");
            return Err(XttsError::Input(reason));
        }
        if !latents
            .iter()
            .chain(&embedding)
            .all(|value| value.is_finite())
        {
            let reason = "a voice holds values that are not finite".to_owned();
            return Err(XttsError::Input(reason));
        }
        Ok(Self {
            latents: latents.into(),
            embedding: embedding.into(),
        })
    }

    /// `[32, channels]`, row by row.
    pub fn latents(&self) -> &[f32] {
        &self.latents
    }

    pub fn embedding(&self) -> &[f32] {
        &self.embedding
    }

    /// The width of a latent.
    pub fn channels(&self) -> usize {
        self.latents.len() / LATENTS
    }

    /// `[1, 32, channels]`
    pub fn latents_tensor(&self, device: &Device) -> Result<Tensor> {
        let shape = (1, LATENTS, self.channels());
        Ok(Tensor::from_slice(&self.latents, shape, device)?)
    }

    /// `[1, size, 1]`
    pub fn embedding_tensor(&self, device: &Device) -> Result<Tensor> {
        let shape = (1, self.embedding.len(), 1);
        Ok(Tensor::from_slice(&self.embedding, shape, device)?)
    }

    /// Refuses a voice that was made by a model of other sizes.
    pub fn check(&self, config: &Config) -> Result<()> {
        let args = &config.model_args;
        let needed = (args.gpt_n_model_channels, args.d_vector_dim);
        let found = (self.channels(), self.embedding.len());
        if found == needed {
            return Ok(());
        }
        Err(XttsError::Input(format!(
            "the voice was made by another model: its sizes are {found:?} where {needed:?} are needed"
        )))
    }

    /// The voice between some, each as near to it as its weight is large.
    pub fn mix(parts: &[(&Self, f32)]) -> Result<Self> {
        let usable = |weight: f32| weight.is_finite() && weight >= 0.0;
        let total: f64 = parts.iter().map(|(_, weight)| f64::from(*weight)).sum();
        if !parts.iter().all(|(_, weight)| usable(*weight)) || total <= 0.0 {
            let reason = "the weights of a mix must be finite and not negative, and one above 0";
            return Err(XttsError::Input(reason.to_owned()));
        }
        let sizes = |voice: &Self| (voice.latents.len(), voice.embedding.len());
        if parts
            .windows(2)
            .any(|pair| sizes(pair[0].0) != sizes(pair[1].0))
        {
            let reason = "voices of different models cannot be mixed";
            return Err(XttsError::Input(reason.to_owned()));
        }
        let mixed = |values: fn(&Self) -> &[f32]| weighted_mean(parts, total, values);
        Self::new(mixed(Self::latents), mixed(Self::embedding))
    }

    /// A small safetensors file.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let (latents, embedding) = (bytes_of(&self.latents), bytes_of(&self.embedding));
        let shapes = [
            vec![1, LATENTS, self.channels()],
            vec![1, self.embedding.len(), 1],
        ];
        let [latents_shape, embedding_shape] = shapes;
        let failed = |error: &dyn std::fmt::Display| {
            XttsError::Input(format!("the voice cannot be written: {error}"))
        };
        let view = |shape, bytes| {
            TensorView::new(Dtype::F32, shape, bytes).map_err(|error| failed(&error))
        };
        let tensors = [
            (LATENTS_NAME, view(latents_shape, &latents)?),
            (EMBEDDING_NAME, view(embedding_shape, &embedding)?),
        ];
        let version = HashMap::from([(VERSION_KEY.to_owned(), VERSION.to_owned())]);
        serialize(tensors, Some(version)).map_err(|error| failed(&error))
    }

    /// Reads what [`Self::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Self::read(bytes).map_err(|reason| XttsError::Input(format!("not a voice: {reason}")))
    }

    fn read(bytes: &[u8]) -> Result<Self, String> {
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
        let version = header
            .metadata()
            .as_ref()
            .and_then(|pairs| pairs.get(VERSION_KEY));
        if version.map(String::as_str) != Some(VERSION) {
            return Err(format!(
                "its version is {version:?} where \"{VERSION}\" is known"
            ));
        }
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
        if tensors.len() != 2 {
            return Err(format!(
                "it holds {} tensors where 2 are needed",
                tensors.len()
            ));
        }
        let (latents, shape) = values_of(&tensors, LATENTS_NAME)?;
        if !matches!(shape[..], [1, LATENTS, _]) {
            return Err(format!("`{LATENTS_NAME}` has the shape {shape:?}"));
        }
        let (embedding, shape) = values_of(&tensors, EMBEDDING_NAME)?;
        if !matches!(shape[..], [1, _, 1]) {
            return Err(format!("`{EMBEDDING_NAME}` has the shape {shape:?}"));
        }
        Self::new(latents, embedding).map_err(|error| error.to_string())
    }
}

fn weighted_mean(
    parts: &[(&Conditioning, f32)],
    total: f64,
    values: fn(&Conditioning) -> &[f32],
) -> Vec<f32> {
    let count = parts.first().map_or(0, |(voice, _)| values(voice).len());
    let mean = |i: usize| {
        let weighted = parts
            .iter()
            .map(|(voice, weight)| f64::from(values(voice)[i]) * f64::from(*weight));
        (weighted.sum::<f64>() / total) as f32
    };
    (0..count).map(mean).collect()
}

fn bytes_of(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

fn values_of(tensors: &SafeTensors<'_>, name: &str) -> Result<(Vec<f32>, Vec<usize>), String> {
    let tensor = tensors.tensor(name).map_err(|error| error.to_string())?;
    if tensor.dtype() != Dtype::F32 {
        return Err(format!(
            "`{name}` is of {:?} where F32 is needed",
            tensor.dtype()
        ));
    }
    let values = tensor.data().chunks_exact(size_of::<f32>());
    let values = values.map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
    Ok((values.collect(), tensor.shape().to_vec()))
}
