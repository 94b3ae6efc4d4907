//! Frames of one sentence on their way through the flow.

use std::sync::Arc;

use candle_core::Tensor;
use kiskadee_nn::{Extras, gate, stream::Delay};

use super::{Coupling, Flow, FlowBiases, Layer};
use crate::{error::Result, trace::Trace};

/// The two halves of the channels of some frames, `[time, channel / 2]` each.
pub(in crate::model) type Halves = [Tensor; 2];

/// The state of a sentence. Give it all frames in pieces of any size; the results do not depend on how they are cut.
pub(in crate::model) struct FlowStream {
    flow: Arc<Flow>,
    biases: FlowBiases,
    couplings: Vec<CouplingStream>,
}

struct CouplingStream {
    layers: Vec<LayerStream>,
    /// Rows of the half that is looked at, and of the half that is moved, which wait for the WaveNet.
    still: Delay,
    moved: Delay,
}

struct LayerStream {
    gates: Delay,
    /// What waits to be added to the layer's outputs.
    residual: Delay,
    skip: Delay,
}

impl FlowStream {
    pub(in crate::model) fn new(flow: &Arc<Flow>, biases: &FlowBiases) -> Self {
        Self {
            couplings: flow.couplings.iter().map(CouplingStream::new).collect(),
            biases: biases.clone(),
            flow: Arc::clone(flow),
        }
    }

    /// What is ready with the next frames, if anything is. `last` ends the sentence.
    pub(in crate::model) fn push(
        &mut self,
        frames: Halves,
        last: bool,
        trace: &mut Trace<'_>,
    ) -> Result<Option<Halves>> {
        let mut halves = frames;
        let couplings = self.flow.couplings.iter().zip(&mut self.couplings);
        for ((coupling, stream), biases) in couplings.zip(&self.biases) {
            let Some(next) = stream.push(coupling, biases, halves, last, trace)? else {
                return Ok(None);
            };
            halves = next;
        }
        Ok(Some(halves))
    }
}

impl CouplingStream {
    fn new(coupling: &Coupling) -> Self {
        let layer = |layer: &Layer| LayerStream {
            gates: Delay::padded(layer.gates.convolution.reach() / 2),
            residual: Delay::default(),
            skip: Delay::default(),
        };
        Self {
            layers: coupling.layers.iter().map(layer).collect(),
            still: Delay::default(),
            moved: Delay::default(),
        }
    }

    fn push(
        &mut self,
        coupling: &Coupling,
        biases: &[Tensor],
        [first, second]: Halves,
        last: bool,
        trace: &mut Trace<'_>,
    ) -> Result<Option<Halves>> {
        let (still, moved) = if coupling.reversed {
            (second, first)
        } else {
            (first, second)
        };
        let rows = coupling.before.apply(&still, Extras::default())?;
        trace.show(|| format!("{}.pre", coupling.name), || Ok(rows.clone()))?;
        self.still.append(&still)?;
        self.moved.append(&moved)?;
        let Some(sum) = self.wavenet(coupling, biases, rows, last, trace)? else {
            return Ok(None);
        };
        let count = sum.dim(0)?;
        let (Some(still), Some(before)) = (self.still.take(count)?, self.moved.take(count)?) else {
            return Ok(None);
        };
        let moved = coupling.after.apply(&sum, residual(Some(&before)))?;
        trace.show(
            || format!("{}.post", coupling.name),
            || coupling.as_named(&(before - &moved)?),
        )?;
        Ok(Some(if coupling.reversed {
            [moved, still]
        } else {
            [still, moved]
        }))
    }

    /// The sum of what all layers skip to the end.
    fn wavenet(
        &mut self,
        coupling: &Coupling,
        biases: &[Tensor],
        mut rows: Tensor,
        last: bool,
        trace: &mut Trace<'_>,
    ) -> Result<Option<Tensor>> {
        let mut sum: Option<Tensor> = None;
        let layers = coupling.layers.iter().zip(&mut self.layers).zip(biases);
        for (number, ((layer, stream), bias)) in layers.enumerate() {
            stream.residual.append(&rows)?;
            if let Some(sum) = &sum {
                stream.skip.append(sum)?;
            }
            let convolution = &layer.gates.convolution;
            let Some(input) = stream.gates.take_padded(&rows, convolution, last)? else {
                return Ok(None);
            };
            let gates = convolution.forward(&input, bias, Extras::default())?;
            let name = || format!("{}.enc.in_layers.{number}", coupling.name);
            trace.show(name, || gates.broadcast_sub(&(bias - &layer.gates.bias)?))?;
            let open = gate(&gates)?;
            let count = open.dim(0)?;
            let before = (number > 0).then(|| stream.skip.take(count)).transpose()?;
            let before = before.flatten();
            sum = Some(layer.skip.apply(&open, residual(before.as_ref()))?);
            let waiting = stream.residual.take(count)?;
            if let Some(next) = &layer.residual {
                rows = next.apply(&open, residual(waiting.as_ref()))?;
            }
        }
        Ok(sum)
    }
}

fn residual(residual: Option<&Tensor>) -> Extras<'_> {
    Extras {
        slope: None,
        residual,
    }
}
