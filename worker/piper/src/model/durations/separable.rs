//! Dilated depth-separable convolutions, each within a shortcut.

use candle_core::Tensor;
use kiskadee_nn::Extras;

use crate::{
    config::DilatedKernel,
    error::Result,
    model::layers::{BiasedConvolution, Loader, Norm},
    trace::Trace,
};

pub(super) struct SeparableConvolutions {
    name: String,
    layers: Vec<Layer>,
}

struct Layer {
    /// A row for each tap, `[tap, channel]`.
    depthwise: Tensor,
    bias: Tensor,
    sizes: DilatedKernel,
    first_norm: Norm,
    pointwise: BiasedConvolution,
    second_norm: Norm,
}

impl SeparableConvolutions {
    pub(super) fn load(
        loader: &Loader<'_>,
        name: String,
        width: usize,
        layers: &[DilatedKernel],
    ) -> Result<Self> {
        let layer = |(number, sizes): (usize, &DilatedKernel)| -> Result<Layer> {
            let depthwise = format!("convs_sep.{number}");
            let weight = format!("{depthwise}.weight");
            let weight = loader.tensor(&weight, &[width, 1, sizes.kernel])?;
            Ok(Layer {
                depthwise: weight.squeeze(1)?.t()?.contiguous()?,
                bias: loader.tensor(&format!("{depthwise}.bias"), &[width])?,
                sizes: *sizes,
                first_norm: loader.norm(&format!("norms_1.{number}"), width)?,
                pointwise: loader.pointwise(&format!("convs_1x1.{number}"), (width, width))?,
                second_norm: loader.norm(&format!("norms_2.{number}"), width)?,
            })
        };
        let layers = layers.iter().enumerate().map(layer);
        Ok(Self {
            name,
            layers: layers.collect::<Result<_>>()?,
        })
    }

    pub(super) fn forward(&self, input: &Tensor, trace: &mut Trace<'_>) -> Result<Tensor> {
        let mut output = input.clone();
        for (number, layer) in self.layers.iter().enumerate() {
            let spread = layer.depthwise(&output)?;
            let name = |part: &str| format!("{}.{part}.{number}", self.name);
            trace.show(|| name("convs_sep"), || Ok(spread.clone()))?;
            let inner = layer.first_norm.forward(&spread)?.gelu_erf()?;
            let inner = layer.pointwise.apply(&inner, Extras::default())?;
            trace.show(|| name("convs_1x1"), || Ok(inner.clone()))?;
            output = (output + layer.second_norm.forward(&inner)?.gelu_erf()?)?;
        }
        Ok(output)
    }
}

impl Layer {
    fn depthwise(&self, input: &Tensor) -> Result<Tensor> {
        let DilatedKernel { kernel, dilation } = self.sizes;
        let times = input.dim(0)?;
        let half = (kernel - 1) * dilation / 2;
        let padded = input.pad_with_zeros(0, half, half)?;
        let mut sum: Option<Tensor> = None;
        for tap in 0..kernel {
            let rows = padded.narrow(0, tap * dilation, times)?;
            let product = rows.broadcast_mul(&self.depthwise.get(tap)?)?;
            sum = Some(match sum {
                Some(sum) => (sum + product)?,
                None => product.broadcast_add(&self.bias)?,
            });
        }
        sum.ok_or_else(|| candle_core::Error::Msg("a convolution without taps".into()).into())
    }
}
