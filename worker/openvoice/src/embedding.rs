//! A timbre as numbers.

use candle_core::{Device, Tensor};

use crate::error::{OpenVoiceError, Result};

/// The timbre of a recording, `[gin_channels]`: what the flow takes away or puts on. Of no meaning to another model.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding(Vec<f32>);

impl Embedding {
    /// Errors: values that are no numbers.
    pub fn new(values: Vec<f32>) -> Result<Self> {
        if values.iter().all(|value| value.is_finite()) {
            Ok(Self(values))
        } else {
            Err(OpenVoiceError::Input(
                "the timbre has values that are no numbers".into(),
            ))
        }
    }

    pub fn values(&self) -> &[f32] {
        &self.0
    }

    /// Of several recordings of one voice, each counting the same; none of none, or of different models.
    pub fn mean(embeddings: &[Self]) -> Option<Self> {
        let size = embeddings.first()?.0.len();
        if embeddings.iter().any(|embedding| embedding.0.len() != size) {
            return None;
        }
        let share = 1.0 / embeddings.len() as f32;
        let sum = |place: usize| {
            embeddings
                .iter()
                .map(|embedding| embedding.0[place])
                .sum::<f32>()
        };
        Some(Self((0..size).map(|place| share * sum(place)).collect()))
    }

    /// `[1, gin_channels]`
    pub(crate) fn tensor(&self, device: &Device) -> Result<Tensor> {
        Ok(Tensor::from_slice(&self.0, (1, self.0.len()), device)?)
    }
}
