//! Durations from two convolutions, as in voices without chance in them.

use candle_core::Tensor;
use kiskadee_nn::Extras;

use crate::{
    config::DilatedKernel,
    error::Result,
    model::layers::{BiasedConvolution, Loader, Norm},
    trace::Trace,
};

pub(in crate::model) struct PlainDurations {
    layers: Vec<(BiasedConvolution, Norm)>,
    projection: BiasedConvolution,
}

impl PlainDurations {
    pub(super) fn load(
        loader: &Loader<'_>,
        input: usize,
        width: usize,
        kernel: usize,
    ) -> Result<Self> {
        let kernel = DilatedKernel {
            kernel,
            dilation: 1,
        };
        let layer = |(number, input): (usize, usize)| -> Result<(BiasedConvolution, Norm)> {
            let convolution = format!("conv_{number}");
            Ok((
                loader.convolution(&convolution, (input, width), kernel)?,
                loader.norm(&format!("norm_{number}"), width)?,
            ))
        };
        let layers = [(1, input), (2, width)].into_iter().map(layer);
        Ok(Self {
            layers: layers.collect::<Result<_>>()?,
            projection: loader.pointwise("proj", (width, 1))?,
        })
    }

    /// Logarithms of durations in frames, `[id, 1]`.
    pub(super) fn forward(&self, hidden: &Tensor, trace: &mut Trace<'_>) -> Result<Tensor> {
        let mut rows = hidden.clone();
        for (number, (convolution, norm)) in (1..).zip(&self.layers) {
            rows = convolution.same(&rows, Extras::default())?;
            trace.show(|| format!("dp.conv_{number}"), || Ok(rows.clone()))?;
            rows = norm.forward(&rows.relu()?)?;
        }
        let output = self.projection.apply(&rows, Extras::default())?;
        trace.show(|| "dp.proj".to_owned(), || Ok(output.clone()))?;
        Ok(output)
    }
}
