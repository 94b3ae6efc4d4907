//! Dilated depth-separable convolutions, each within a shortcut.

use candle_core::Tensor;
use kiskadee_nn::{DepthwiseConvolution, Extras, gelu_erf};

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
    depthwise: DepthwiseConvolution,
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
        let layer = |(number, kernel): (usize, &DilatedKernel)| -> Result<Layer> {
            Ok(Layer {
                depthwise: loader.depthwise(&format!("convs_sep.{number}"), width, *kernel)?,
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
            let spread = layer.depthwise.forward_same(&output)?;
            let name = |part: &str| format!("{}.{part}.{number}", self.name);
            trace.show(|| name("convs_sep"), || Ok(spread.clone()))?;
            let inner = gelu_erf(&layer.first_norm.forward(&spread)?)?;
            let inner = layer.pointwise.apply(&inner, Extras::default())?;
            trace.show(|| name("convs_1x1"), || Ok(inner.clone()))?;
            output = (output + gelu_erf(&layer.second_norm.forward(&inner)?)?)?;
        }
        Ok(output)
    }
}
