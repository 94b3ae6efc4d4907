//! The flow from drawn frames to what the decoder knows, run backwards: coupling layers that move one half of the channels by what a
//! small WaveNet makes of the other (Dinh et al., "Density estimation using Real NVP", 2017).
//!
//! Between couplings the channels are reversed. Here they never are: the weights at both ends of each coupling are.

mod stream;

use candle_core::Tensor;
use kiskadee_nn::Extras;

pub(super) use self::stream::{FlowStream, Halves};
use super::layers::{BiasedConvolution, Loader};
use crate::{
    config::{CouplingSizes, Sizes},
    error::Result,
};

pub(super) struct Flow {
    couplings: Vec<Coupling>,
}

/// Biases of the gates' convolutions with a speaker's part in them, for each layer of each coupling.
pub(super) type FlowBiases = Vec<Vec<Tensor>>;

struct Coupling {
    name: String,
    /// The second half is looked at, and the first is moved.
    reversed: bool,
    before: BiasedConvolution,
    layers: Vec<Layer>,
    /// Gives what is added to the moved half.
    after: BiasedConvolution,
    /// `[speaker]` to all layers' gates.
    conditioning: Option<BiasedConvolution>,
}

struct Layer {
    gates: BiasedConvolution,
    /// To the next layer, which the last has not.
    residual: Option<BiasedConvolution>,
    skip: BiasedConvolution,
}

impl Flow {
    pub(super) fn load(loader: &Loader<'_>, sizes: &Sizes) -> Result<Self> {
        let couplings = sizes
            .flow
            .iter()
            .enumerate()
            .map(|(place, coupling)| Coupling::load(loader, coupling, place % 2 == 0, sizes));
        Ok(Self {
            couplings: couplings.collect::<Result<_>>()?,
        })
    }

    /// The biases for a speaker's embedding `[1, speaker]`, or without one.
    pub(super) fn biases(&self, speaker: Option<&Tensor>) -> Result<FlowBiases> {
        let couplings = self.couplings.iter();
        couplings.map(|coupling| coupling.biases(speaker)).collect()
    }
}

impl Coupling {
    fn load(
        loader: &Loader<'_>,
        coupling: &CouplingSizes,
        reversed: bool,
        sizes: &Sizes,
    ) -> Result<Self> {
        let name = format!("flow.flows.{}", coupling.number);
        let loader = loader.at(&name);
        let (half, width) = (sizes.encoder.latent / 2, coupling.width);
        let (mut before, before_bias) = loader.taps("pre", (half, width), 1)?;
        let (mut after, mut after_bias) = loader.taps("post", (width, half), 1)?;
        if reversed {
            before = backwards(&before, 1)?;
            after = backwards(&after, 2)?;
            after_bias = backwards(&after_bias, 0)?;
        }
        let count = coupling.layers.len();
        let layers = (0..count).map(|number| Layer::load(&loader.at("enc"), number, coupling));
        let conditioning = || {
            let gates = 2 * width * count;
            loader.pointwise("enc.cond_layer", (sizes.speaker_width, gates))
        };
        Ok(Self {
            reversed,
            before: BiasedConvolution::new(&before, before_bias, 1)?,
            layers: layers.collect::<Result<_>>()?,
            after: BiasedConvolution::new(&after.neg()?, after_bias.neg()?, 1)?,
            conditioning: (sizes.speakers > 0).then(conditioning).transpose()?,
            name,
        })
    }

    /// Channels that this coupling made, in the order that the reference has them in.
    fn as_named(&self, rows: &Tensor) -> candle_core::Result<Tensor> {
        if self.reversed {
            backwards(rows, 1)
        } else {
            Ok(rows.clone())
        }
    }

    fn biases(&self, speaker: Option<&Tensor>) -> Result<Vec<Tensor>> {
        let layers = self.layers.iter();
        let (Some(conditioning), Some(speaker)) = (&self.conditioning, speaker) else {
            return Ok(layers.map(|layer| layer.gates.bias.clone()).collect());
        };
        let all = conditioning.apply(speaker, Extras::default())?.squeeze(0)?;
        let mut first = 0;
        let bias = layers.map(|layer| {
            let width = layer.gates.bias.dim(0)?;
            let part = all.narrow(0, first, width)?;
            first += width;
            Ok((&layer.gates.bias + part)?)
        });
        bias.collect()
    }
}

impl Layer {
    fn load(loader: &Loader<'_>, number: usize, coupling: &CouplingSizes) -> Result<Self> {
        let width = coupling.width;
        let gates = format!("in_layers.{number}");
        let gates = loader.convolution(&gates, (width, 2 * width), coupling.layers[number])?;
        let last = number + 1 == coupling.layers.len();
        let outputs = if last { width } else { 2 * width };
        let both = format!("res_skip_layers.{number}");
        let (weight, bias) = loader.taps(&both, (width, outputs), 1)?;
        let part = |first: usize| -> Result<BiasedConvolution> {
            let weight = weight.narrow(2, first, width)?.contiguous()?;
            BiasedConvolution::new(&weight, bias.narrow(0, first, width)?, 1)
        };
        Ok(Self {
            gates,
            residual: (!last).then(|| part(0)).transpose()?,
            skip: part(outputs - width)?,
        })
    }
}

/// In the opposite order along an axis.
fn backwards(tensor: &Tensor, axis: usize) -> candle_core::Result<Tensor> {
    let order: Vec<u32> = (0..tensor.dim(axis)? as u32).rev().collect();
    let order = Tensor::new(order, tensor.device())?;
    tensor.index_select(&order, axis)?.contiguous()
}
