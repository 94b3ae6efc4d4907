//! How long each id lasts.

mod plain;
mod separable;
mod spline;
mod stochastic;

use candle_core::Tensor;

use self::{plain::PlainDurations, stochastic::StochasticDurations};
use super::layers::Loader;
use crate::{
    config::{DurationSizes, Sizes},
    error::Result,
    trace::Trace,
};

pub(super) enum Durations {
    Stochastic(StochasticDurations),
    Plain(PlainDurations),
}

impl Durations {
    pub(super) fn load(loader: &Loader<'_>, sizes: &Sizes) -> Result<Self> {
        let loader = loader.at("dp");
        let input = sizes.encoder.width;
        Ok(match &sizes.durations {
            DurationSizes::Stochastic {
                width,
                layers,
                flows,
            } => {
                let durations = StochasticDurations::load(&loader, input, *width, layers, flows)?;
                Self::Stochastic(durations)
            }
            DurationSizes::Plain { width, kernel } => {
                Self::Plain(PlainDurations::load(&loader, input, *width, *kernel)?)
            }
        })
    }

    /// Logarithms of durations in frames, one for each row of `hidden` `[id, channel]`. `conditioning` `[channel]` is the speaker's
    /// part; without chance in the voice the noise is not looked at.
    pub(super) fn forward(
        &self,
        hidden: &Tensor,
        conditioning: Option<&Tensor>,
        noise: [Vec<f32>; 2],
        trace: &mut Trace<'_>,
    ) -> Result<Vec<f32>> {
        match self {
            Self::Stochastic(durations) => durations.forward(hidden, conditioning, noise, trace),
            Self::Plain(durations) => {
                let hidden = match conditioning {
                    Some(conditioning) => hidden.broadcast_add(conditioning)?,
                    None => hidden.clone(),
                };
                let logarithms = durations.forward(&hidden, trace)?;
                Ok(logarithms.flatten_all()?.to_vec1()?)
            }
        }
    }
}
