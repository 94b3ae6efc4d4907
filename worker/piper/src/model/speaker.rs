//! Who speaks: rows of the speaker embedding, mixed, and what the layers make of them.

use std::sync::Arc;

use candle_core::Tensor;
use kiskadee_nn::Extras;

use super::{
    flow::FlowBiases,
    layers::{BiasedConvolution, Loader},
};
use crate::{
    config::{DurationSizes, Sizes},
    error::{PiperError, Result},
};

/// A speaker with all that does not depend on the text. Cheap to clone.
#[derive(Clone)]
pub struct Speaker {
    /// Added to what the durations are made of, `[channel]`; nothing in a voice of one speaker.
    pub(super) durations: Option<Tensor>,
    pub(super) flow: Arc<FlowBiases>,
    pub(super) decoder: Tensor,
}

pub(super) struct Speakers {
    /// `[speakers, width]`
    embedding: Tensor,
    durations: BiasedConvolution,
}

impl Speakers {
    pub(super) fn load(loader: &Loader<'_>, sizes: &Sizes) -> Result<Self> {
        let width = match &sizes.durations {
            DurationSizes::Stochastic { width, .. } => *width,
            DurationSizes::Plain { .. } => sizes.encoder.width,
        };
        let shape = [sizes.speakers, sizes.speaker_width];
        Ok(Self {
            embedding: loader.tensor("emb_g.weight", &shape)?,
            durations: loader.pointwise("dp.cond", (sizes.speaker_width, width))?,
        })
    }

    /// The weighted mean of rows, `[1, width]`.
    pub(super) fn mix(&self, parts: &[(usize, f32)]) -> Result<Tensor> {
        let count = self.embedding.dim(0)?;
        let refuse = |reason: String| Err(PiperError::Input(reason));
        if let Some((number, _)) = parts.iter().find(|(number, _)| *number >= count) {
            return refuse(format!(
                "there is no speaker {number}: the voice has {count}"
            ));
        }
        let total: f32 = parts.iter().map(|(_, weight)| weight).sum();
        let usable = parts.iter().all(|(_, weight)| *weight >= 0.0);
        if !(usable && total.is_finite() && total > 0.0) {
            return refuse("the weights of speakers must be above 0".to_owned());
        }
        let mut mixed = self.embedding.narrow(0, 0, 1)?.zeros_like()?;
        for (number, weight) in parts {
            let row = self.embedding.narrow(0, *number, 1)?;
            mixed = (mixed + (row * f64::from(weight / total))?)?;
        }
        Ok(mixed)
    }

    /// The speaker's part in the durations, `[channel]`.
    pub(super) fn durations(&self, embedding: &Tensor) -> Result<Tensor> {
        let part = self.durations.apply(embedding, Extras::default())?;
        Ok(part.squeeze(0)?)
    }
}
