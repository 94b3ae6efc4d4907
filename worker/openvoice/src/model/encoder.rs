//! The posterior encoder: spectra to latents.

use candle_core::Tensor;
use kiskadee_nn::Linear;

use super::{Loader, wavenet::WaveNet};
use crate::config::Config;
use crate::error::Result;

const LAYERS: usize = 16;

pub(crate) struct PosteriorEncoder {
    before: Linear,
    layers: WaveNet,
    after: Linear,
    inter: usize,
}

impl PosteriorEncoder {
    pub(super) fn load(loader: &Loader<'_>, config: &Config) -> Result<Self> {
        let sizes = &config.model;
        let (hidden, inter) = (sizes.hidden_channels, sizes.inter_channels);
        Ok(Self {
            before: loader.pointwise("enc_q.pre", (config.bins(), hidden))?,
            layers: WaveNet::load(loader, "enc_q.enc", (hidden, sizes.gin_channels), LAYERS)?,
            after: loader.pointwise("enc_q.proj", (hidden, 2 * inter))?,
            inter,
        })
    }

    /// `[time, bins]` to means and logarithms of deviations, `[time, inter]` each.
    pub(crate) fn forward(&self, spectra: &Tensor, timbre: &Tensor) -> Result<(Tensor, Tensor)> {
        let inside = self
            .layers
            .forward(&self.before.forward(spectra)?, timbre)?;
        let both = self.after.forward(&inside)?;
        let part = |start| both.narrow(1, start, self.inter);
        Ok((part(0)?, part(self.inter)?))
    }
}
