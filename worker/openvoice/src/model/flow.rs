//! The flow: takes a timbre away from latents, and the other way round puts one on.

use candle_core::Tensor;
use kiskadee_nn::Linear;

use super::{Loader, wavenet::WaveNet};
use crate::config::Sizes;
use crate::error::Result;

const COUPLINGS: usize = 4;
const LAYERS: usize = 4;

pub(crate) struct Flow {
    couplings: Vec<Coupling>,
    half: usize,
    /// Channels in the other order.
    flipped: Tensor,
}

/// Moves the second half by what the first one says.
struct Coupling {
    before: Linear,
    layers: WaveNet,
    after: Linear,
}

impl Coupling {
    fn load(loader: &Loader<'_>, name: &str, sizes: &Sizes) -> Result<Self> {
        let (hidden, half) = (sizes.hidden_channels, sizes.inter_channels / 2);
        let layers = (hidden, sizes.gin_channels);
        Ok(Self {
            before: loader.pointwise(&format!("{name}.pre"), (half, hidden))?,
            layers: WaveNet::load(loader, &format!("{name}.enc"), layers, LAYERS)?,
            after: loader.pointwise(&format!("{name}.post"), (hidden, half))?,
        })
    }

    fn moved(&self, first: &Tensor, timbre: &Tensor) -> Result<Tensor> {
        let inside = self.layers.forward(&self.before.forward(first)?, timbre)?;
        Ok(self.after.forward(&inside)?)
    }
}

impl Flow {
    pub(super) fn load(loader: &Loader<'_>, sizes: &Sizes) -> Result<Self> {
        // Between two couplings stands a flip, which has a number too.
        let coupling =
            |number| Coupling::load(loader, &format!("flow.flows.{}", 2 * number), sizes);
        let couplings = (0..COUPLINGS).map(coupling).collect::<Result<Vec<_>>>()?;
        let order: Vec<u32> = (0..sizes.inter_channels as u32).rev().collect();
        let flipped = Tensor::from_vec(order, sizes.inter_channels, loader.device())?;
        Ok(Self {
            couplings,
            half: sizes.inter_channels / 2,
            flipped,
        })
    }

    /// `[time, inter]` without the timbre that it has.
    pub(crate) fn forward(&self, latents: &Tensor, timbre: &Tensor) -> Result<Tensor> {
        let mut rows = latents.clone();
        for coupling in &self.couplings {
            let (first, second) = self.halves(&rows)?;
            let second = (second + coupling.moved(&first, timbre)?)?;
            rows = self.flip(&Tensor::cat(&[first, second], 1)?)?;
        }
        Ok(rows)
    }

    /// `[time, inter]` with a timbre.
    pub(crate) fn backward(&self, latents: &Tensor, timbre: &Tensor) -> Result<Tensor> {
        let mut rows = latents.clone();
        for coupling in self.couplings.iter().rev() {
            let (first, second) = self.halves(&self.flip(&rows)?)?;
            let second = (second - coupling.moved(&first, timbre)?)?;
            rows = Tensor::cat(&[first, second], 1)?;
        }
        Ok(rows)
    }

    fn halves(&self, rows: &Tensor) -> Result<(Tensor, Tensor)> {
        let part = |start| rows.narrow(1, start, self.half)?.contiguous();
        Ok((part(0)?, part(self.half)?))
    }

    fn flip(&self, rows: &Tensor) -> Result<Tensor> {
        Ok(rows.index_select(&self.flipped, 1)?)
    }
}
