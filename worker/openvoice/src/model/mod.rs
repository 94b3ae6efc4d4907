//! The networks. Tensors are `[time, channel]`.

mod decoder;
mod encoder;
mod flow;
mod loader;
mod reference;
mod wavenet;

use candle_core::Tensor;
use kiskadee_checkpoint::Weights;

use self::{
    decoder::Decoder, encoder::PosteriorEncoder, flow::Flow, loader::Loader,
    reference::ReferenceEncoder,
};
use crate::{config::Config, error::Result};

pub(crate) struct Network {
    pub(crate) encoder: PosteriorEncoder,
    pub(crate) flow: Flow,
    pub(crate) decoder: Decoder,
    pub(crate) reference: ReferenceEncoder,
    zero: Option<Tensor>,
}

impl Network {
    pub(crate) fn load(weights: &Weights, config: &Config) -> Result<Self> {
        let loader = Loader::new(weights);
        let sizes = &config.model;
        let zero = (1, sizes.gin_channels);
        let zero = Tensor::zeros(zero, candle_core::DType::F32, weights.device())?;
        Ok(Self {
            encoder: PosteriorEncoder::load(&loader, config)?,
            flow: Flow::load(&loader, sizes)?,
            decoder: Decoder::load(&loader, sizes)?,
            reference: ReferenceEncoder::load(&loader, config)?,
            zero: sizes.zero_g.then_some(zero),
        })
    }

    /// What encoder and decoder are given for a timbre.
    pub(crate) fn shown<'a>(&'a self, timbre: &'a Tensor) -> &'a Tensor {
        self.zero.as_ref().unwrap_or(timbre)
    }
}
