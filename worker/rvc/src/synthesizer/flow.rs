//! The flow from drawn frames to what the decoder knows, run backwards: coupling layers that move one half of the channels by what a small
//! `WaveNet` makes of the other (Dinh et al., "Density estimation using Real NVP", 2017), on streams.

use std::sync::Arc;

use candle_core::{DType, Tensor};
use kiskadee_nn::{
    Convolution, Extras, Linear,
    stream::{Delay, GatedLayer, WaveNet, WaveNetStream},
};

use crate::error::{Result, RvcError};
use crate::tensors::Tensors;
use crate::trace::Trace;
use crate::voice::VoiceConfig;

const KERNEL: usize = 5;

/// In the order in which they are run.
pub(super) struct Flow(Vec<Coupling>);

struct Coupling {
    number: usize,
    before: Linear,
    net: WaveNet,
    condition: Linear,
    /// Gives what is added to the moved half.
    after: (Convolution, Tensor),
}

/// The state of a stream.
pub(super) struct FlowStream {
    flow: Arc<Flow>,
    /// For each coupling, those of its layers.
    biases: Vec<Vec<Tensor>>,
    couplings: Vec<CouplingStream>,
}

struct CouplingStream {
    net: WaveNetStream,
    /// Rows of the half that is looked at, and of the half that is moved, which wait for the `WaveNet`.
    still: Delay,
    moved: Delay,
}

impl Flow {
    pub(super) fn load(tensors: &Tensors, config: &VoiceConfig) -> Result<Self> {
        // Every second layer of the list reverses the channels.
        let count = tensors.count(|number| format!("flows.{}.post.bias", 2 * number));
        if count == 0 {
            return Err(RvcError::tensor("flow.flows.0.post.bias", "is missing"));
        }
        let coupling = |number: usize| Coupling::load(tensors, 2 * number, config);
        Ok(Self((0..count).rev().map(coupling).collect::<Result<_>>()?))
    }
}

impl Coupling {
    fn load(tensors: &Tensors, number: usize, config: &VoiceConfig) -> Result<Self> {
        let tensors = tensors.at(format!("flows.{number}"));
        let (half, width) = (config.latent / 2, config.hidden);
        let enc = tensors.at("enc");
        let count = enc.count(|layer| format!("in_layers.{layer}.bias"));
        let layers = (0..count).map(|layer| gated_layer(&enc, layer, layer + 1 == count, width));
        let (weight, bias) = tensors.taps("post", (width, half), 1)?;
        let condition = (config.speaker_width, 2 * width * count);
        Ok(Self {
            number,
            before: tensors.pointwise("pre", (half, width))?,
            net: WaveNet(layers.collect::<Result<_>>()?),
            condition: enc.pointwise("cond_layer", condition)?,
            after: (
                Convolution::new(&weight.neg()?, 1, DType::F32)?,
                bias.neg()?,
            ),
        })
    }
}

fn gated_layer(tensors: &Tensors, number: usize, last: bool, width: usize) -> Result<GatedLayer> {
    let name = format!("in_layers.{number}");
    let (gates, gates_bias) = tensors.convolution(&name, (width, 2 * width), KERNEL, 1)?;
    let outputs = if last { width } else { 2 * width };
    let name = format!("res_skip_layers.{number}");
    let (weight, bias) = tensors.taps(&name, (width, outputs), 1)?;
    let part = |first: usize| -> Result<_> {
        let weight = weight.narrow(2, first, width)?.contiguous()?;
        let convolution = Convolution::new(&weight, 1, DType::F32)?;
        Ok((convolution, bias.narrow(0, first, width)?.contiguous()?))
    };
    Ok(GatedLayer {
        gates,
        gates_bias,
        residual: (!last).then(|| part(0)).transpose()?,
        skip: part(outputs - width)?,
    })
}

impl FlowStream {
    /// For a speaker's embedding `[1, width]`.
    pub(super) fn new(flow: &Arc<Flow>, speaker: &Tensor) -> Result<Self> {
        let biases = flow.0.iter().map(|coupling| -> Result<_> {
            let condition = coupling.condition.forward(speaker)?.squeeze(0)?;
            Ok(coupling.net.biases(&condition)?)
        });
        let couplings = flow.0.iter().map(|coupling| CouplingStream {
            net: WaveNetStream::new(&coupling.net),
            still: Delay::default(),
            moved: Delay::default(),
        });
        Ok(Self {
            biases: biases.collect::<Result<_>>()?,
            couplings: couplings.collect(),
            flow: Arc::clone(flow),
        })
    }

    /// What is ready with the next frames `[frame, channel]`, if anything is. `last` ends the stream.
    pub(super) fn push(
        &mut self,
        frames: &Tensor,
        last: bool,
        trace: &mut Trace<'_>,
    ) -> Result<Option<Tensor>> {
        let mut rows = frames.clone();
        let couplings = self.flow.0.iter().zip(&mut self.couplings);
        for ((coupling, stream), biases) in couplings.zip(&self.biases) {
            rows = reversed(&rows)?;
            trace.show(
                || format!("flow{}", coupling.number + 1),
                || Ok(rows.clone()),
            )?;
            let Some(next) = stream.push(coupling, biases, &rows, last)? else {
                return Ok(None);
            };
            rows = next;
            trace.show(|| format!("flow{}", coupling.number), || Ok(rows.clone()))?;
        }
        Ok(Some(rows))
    }
}

impl CouplingStream {
    fn push(
        &mut self,
        coupling: &Coupling,
        biases: &[Tensor],
        rows: &Tensor,
        last: bool,
    ) -> Result<Option<Tensor>> {
        let half = rows.dim(1)? / 2;
        let part = |first: usize| rows.narrow(1, first, half)?.contiguous();
        let (still, moved) = (part(0)?, part(half)?);
        let hidden = coupling.before.forward(&still)?;
        self.still.append(&still)?;
        self.moved.append(&moved)?;
        let Some(sum) = self.net.push(&coupling.net, biases, &hidden, last)? else {
            return Ok(None);
        };
        let count = sum.dim(0)?;
        let (Some(still), Some(moved)) = (self.still.take(count)?, self.moved.take(count)?) else {
            return Ok(None);
        };
        let (after, bias) = &coupling.after;
        let extras = Extras {
            slope: None,
            residual: Some(&moved),
        };
        let moved = after.forward(&sum, bias, extras)?;
        Ok(Some(Tensor::cat(&[&still, &moved], 1)?))
    }
}

/// The channels in the opposite order.
fn reversed(rows: &Tensor) -> Result<Tensor> {
    let order: Vec<u32> = (0..rows.dim(1)? as u32).rev().collect();
    let order = Tensor::new(order, rows.device())?;
    Ok(rows.index_select(&order, 1)?.contiguous()?)
}
