//! The network: an encoder of a window's spectrogram, and a decoder that says what was heard, token by token.

mod attention;
mod decoder;
mod encoder;
mod parameters;

use candle_core::Tensor;
use kiskadee_checkpoint::Weights;

pub(crate) use self::decoder::{Decoder, Heard, Said};
pub(crate) use self::encoder::Encoder;
use self::parameters::Parameters;
use crate::config::Config;
use crate::error::Result;

/// What the weights are kept as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    #[default]
    Full,
    /// 8 bits with a scale for every 64 of them, on a CPU; elsewhere as [`Precision::Full`].
    EightBits,
}

/// Shows stages by name, as `[time, channel]`, to who wants to see them.
pub struct Trace<'a>(Option<&'a mut Show<'a>>);

type Show<'a> = dyn FnMut(&str, &Tensor) + 'a;

impl<'a> Trace<'a> {
    pub fn none() -> Self {
        Self(None)
    }

    pub fn to(shown: &'a mut dyn FnMut(&str, &Tensor)) -> Self {
        Self(Some(shown))
    }

    fn show(&mut self, name: impl AsRef<str>, stage: &Tensor) {
        if let Some(shown) = &mut self.0 {
            shown(name.as_ref(), stage);
        }
    }
}

/// Both halves.
pub(crate) struct Network {
    pub(crate) encoder: Encoder,
    pub(crate) decoder: Decoder,
}

impl Network {
    pub(crate) fn new(config: &Config, weights: &Weights, precision: Precision) -> Result<Self> {
        let parameters = Parameters::new(weights, precision);
        Ok(Self {
            encoder: Encoder::new(config, parameters)?,
            decoder: Decoder::new(config, parameters)?,
        })
    }
}

/// A feed-forward part behind its norm, beside a shortcut.
struct FeedForward {
    norm: parameters::LayerNorm,
    inner: kiskadee_nn::Linear,
    outer: kiskadee_nn::Linear,
}

impl FeedForward {
    fn new(parameters: Parameters<'_>, block: &str, width: usize, inner: usize) -> Result<Self> {
        Ok(Self {
            norm: parameters.norm(&format!("{block}.final_layer_norm"), width)?,
            inner: parameters.linear(&format!("{block}.fc1"), (width, inner))?,
            outer: parameters.linear(&format!("{block}.fc2"), (inner, width))?,
        })
    }

    fn forward(&self, rows: &Tensor) -> Result<Tensor> {
        let hidden = self.inner.forward(&self.norm.forward(rows)?)?;
        let hidden = kiskadee_nn::gelu_erf(&hidden)?;
        Ok((rows + self.outer.forward(&hidden)?)?)
    }
}
