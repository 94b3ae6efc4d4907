//! Gated convolutions with a timbre (`WaveNet`; van den Oord et al., 2016), without causality or dilation.

use candle_core::Tensor;
use kiskadee_nn::{Activation, Linear, SameConvolution, gate};

use super::Loader;
use crate::error::Result;

const TAPS: usize = 5;

pub(super) struct WaveNet {
    conditioning: Linear,
    layers: Vec<(SameConvolution, Linear)>,
    hidden: usize,
}

impl WaveNet {
    pub(super) fn load(
        loader: &Loader<'_>,
        name: &str,
        (hidden, timbre): (usize, usize),
        count: usize,
    ) -> Result<Self> {
        let layer = |number: usize| -> Result<_> {
            let inner = format!("{name}.in_layers.{number}");
            let outer = format!("{name}.res_skip_layers.{number}");
            let output = if number + 1 < count {
                2 * hidden
            } else {
                hidden
            };
            Ok((
                loader.convolution(&inner, (hidden, 2 * hidden), TAPS, 1)?,
                loader.pointwise(&outer, (hidden, output))?,
            ))
        };
        Ok(Self {
            conditioning: loader
                .pointwise(&format!("{name}.cond_layer"), (timbre, 2 * hidden * count))?,
            layers: (0..count).map(layer).collect::<Result<_>>()?,
            hidden,
        })
    }

    /// `[time, hidden]` and a timbre `[1, timbre]` to `[time, hidden]`.
    pub(super) fn forward(&self, input: &Tensor, timbre: &Tensor) -> Result<Tensor> {
        let conditions = self.conditioning.forward(timbre)?;
        let (mut rows, mut sum): (Tensor, Option<Tensor>) = (input.clone(), None);
        for (number, (inner, outer)) in self.layers.iter().enumerate() {
            let width = 2 * self.hidden;
            let condition = conditions.narrow(1, number * width, width)?;
            let inside = inner.forward(&rows, Activation::IDENTITY, None)?;
            let gated = gate(&inside.broadcast_add(&condition)?)?;
            let outside = outer.forward(&gated)?;
            let skipped = if number + 1 < self.layers.len() {
                rows = (rows + outside.narrow(1, 0, self.hidden)?)?;
                outside.narrow(1, self.hidden, self.hidden)?
            } else {
                outside
            };
            sum = Some(match sum {
                Some(sum) => (sum + skipped)?,
                None => skipped,
            });
        }
        Ok(sum.unwrap_or(rows))
    }
}
