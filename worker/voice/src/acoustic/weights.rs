//! The file that holds a trained model: parameters as f16, and one JSON document that describes them.

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};

use super::config::{Config, SPEAKER_WIDTH};
use super::error::ModelError;
use super::network::{FRAME_PARAMETERS, ParameterSource};
use crate::MEL_CEPSTRUM;
use crate::speaker::{STATISTICS, Speaker, SpeakerVector};
use kiskadee_pronunciation::Phone;

/// The key of the document in the file's header. There is one key, so the header's bytes do not depend on an order.
const DOCUMENT: &str = "kiskadee";
/// No model of this kind is larger.
const MOST_BYTES: usize = 64 << 20;

/// Everything about a model but its parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelDescription {
    pub config: Config,
    /// The phones that the model was trained with, in the order of their numbers.
    pub phones: Vec<String>,
    pub frames: Scale,
    pub statistics: Scale,
    /// Factors on the movement of each coefficient of the mel-cepstrum, against the flatness of a mean.
    pub liveliness: Vec<f32>,
    pub voices: Vec<BuiltInVoice>,
}

/// What standardised values are measured in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    pub mean: Vec<f32>,
    pub deviation: Vec<f32>,
}

/// A voice that comes with the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuiltInVoice {
    pub id: String,
    /// The tag of the language that the voice is at home in; it can speak the others too.
    pub language: String,
    pub description: String,
    pub vector: Vec<f32>,
    /// Hz
    pub pitch: f32,
}

impl BuiltInVoice {
    pub fn speaker(&self) -> Result<Speaker, ModelError> {
        let Ok(vector) = self.vector.clone().try_into() else {
            return Err(ModelError::Config(format!(
                "the vector of {} has {} values",
                self.id,
                self.vector.len()
            )));
        };
        Ok(Speaker {
            vector: SpeakerVector(vector),
            pitch: self.pitch,
        })
    }
}

impl ModelDescription {
    /// Phones are known to the model by their numbers, so a number must not have changed its meaning.
    fn check_phones(&self) -> Result<(), ModelError> {
        let mut pairs = self.phones.iter().zip(phone_names());
        match pairs.find(|(theirs, ours)| *theirs != ours) {
            Some((theirs, ours)) => Err(ModelError::Config(format!(
                "they take the phone {ours} for {theirs}"
            ))),
            None => Ok(()),
        }
    }

    fn check(&self) -> Result<(), ModelError> {
        self.config.check()?;
        self.check_phones()?;
        let frames = [&self.frames.mean, &self.frames.deviation]
            .iter()
            .all(|v| v.len() == FRAME_PARAMETERS);
        let statistics = [&self.statistics.mean, &self.statistics.deviation]
            .iter()
            .all(|v| v.len() == STATISTICS);
        let positive = self
            .frames
            .deviation
            .iter()
            .chain(&self.statistics.deviation)
            .all(|d| *d > 0.0);
        let voices = self
            .voices
            .iter()
            .all(|v| v.vector.len() == SPEAKER_WIDTH && v.pitch > 0.0);
        let tables = [&self.frames, &self.statistics].into_iter();
        let finite = tables
            .flat_map(|scale| scale.mean.iter().chain(&scale.deviation))
            .chain(&self.liveliness)
            .all(|value| value.is_finite());
        let fit = frames && statistics && self.liveliness.len() == MEL_CEPSTRUM;
        if fit && positive && finite && voices {
            return Ok(());
        }
        Err(ModelError::Config(
            "its tables do not fit this program".into(),
        ))
    }
}

/// The names of all phones, for the description of a model that was trained with them.
pub fn phone_names() -> Vec<String> {
    (0..Phone::COUNT)
        .filter_map(|index| u8::try_from(index).ok())
        .map(|index| Phone(index).name().to_owned())
        .collect()
}

/// The parameters of a file.
pub struct WeightsFile<'a> {
    tensors: SafeTensors<'a>,
    device: Device,
}

impl<'a> WeightsFile<'a> {
    /// Of a device's tensors. Errors: what is no file of such a model, or one of another program's.
    pub fn open(bytes: &'a [u8], device: &Device) -> Result<(Self, ModelDescription), ModelError> {
        if bytes.len() > MOST_BYTES {
            return Err(ModelError::Limit {
                what: "the size of the weights in bytes",
                found: bytes.len(),
                limit: MOST_BYTES,
            });
        }
        let format = |error: safetensors::SafeTensorError| ModelError::Format(error.to_string());
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(format)?;
        let document = header.metadata().as_ref().and_then(|map| map.get(DOCUMENT));
        let document =
            document.ok_or_else(|| ModelError::Format("they describe no model".into()))?;
        let description: ModelDescription = serde_json::from_str(document)
            .map_err(|error| ModelError::Config(error.to_string()))?;
        description.check()?;
        let tensors = SafeTensors::deserialize(bytes).map_err(format)?;
        Ok((
            Self {
                tensors,
                device: device.clone(),
            },
            description,
        ))
    }
}

impl ParameterSource for WeightsFile<'_> {
    fn parameter(
        &mut self,
        name: &str,
        rows: usize,
        columns: usize,
        _gain: f32,
    ) -> Result<Tensor, ModelError> {
        let view = self
            .tensors
            .tensor(name)
            .map_err(|_| ModelError::Missing(name.to_owned()))?;
        if view.shape() != [rows, columns] || view.dtype() != Dtype::F16 {
            return Err(ModelError::Shape {
                name: name.to_owned(),
                expected: vec![rows, columns],
                found: view.shape().to_vec(),
            });
        }
        if !are_finite(view.data()) {
            return Err(ModelError::Format(format!(
                "{name} has values that are not finite"
            )));
        }
        let tensor =
            Tensor::from_raw_buffer(view.data(), DType::F16, &[rows, columns], &Device::Cpu);
        Ok(tensor?.to_dtype(DType::F32)?.to_device(&self.device)?)
    }
}

/// Whether these halves are: those that are not have all bits of the exponent set.
fn are_finite(halves: &[u8]) -> bool {
    const EXPONENT: u8 = 0x7c;
    let (pairs, _) = halves.as_chunks::<2>();
    pairs.iter().all(|[_, high]| high & EXPONENT != EXPONENT)
}

/// The bytes of a weights file, the same for the same values. `parameters` are matrices by name.
pub fn write_weights<'a>(
    description: &ModelDescription,
    parameters: impl IntoIterator<Item = (&'a str, &'a Tensor)>,
) -> Result<Vec<u8>, ModelError> {
    let format = |error: safetensors::SafeTensorError| ModelError::Format(error.to_string());
    let mut halves: Vec<(&str, Vec<usize>, Vec<u8>)> = Vec::new();
    for (name, tensor) in parameters {
        let values = tensor
            .to_dtype(DType::F16)?
            .flatten_all()?
            .to_vec1::<half::f16>()?;
        let bytes = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        halves.push((name, tensor.dims().to_vec(), bytes));
    }
    let views = halves.iter().map(|(name, shape, bytes)| {
        TensorView::new(Dtype::F16, shape.clone(), bytes)
            .map(|view| (*name, view))
            .map_err(format)
    });
    let document = serde_json::to_string(description)
        .map_err(|error| ModelError::Config(error.to_string()))?;
    let header = HashMap::from([(DOCUMENT.to_owned(), document)]);
    safetensors::serialize(views.collect::<Result<Vec<_>, _>>()?, Some(header)).map_err(format)
}
