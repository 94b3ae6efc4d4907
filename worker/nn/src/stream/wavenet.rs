//! A stack of gated convolutions (`WaveNet`; van den Oord et al., 2016), and what it remembers of a stream.

use candle_core::{Result, Tensor, bail};

use super::Delay;
use crate::{Convolution, Extras, gate};

/// One layer: gates over some times, and what they give to the next layer and to the end. Biases are `[out]`.
pub struct GatedLayer {
    /// To twice the channels.
    pub gates: Convolution,
    pub gates_bias: Tensor,
    /// Of one tap, to the next layer, which the last has not.
    pub residual: Option<(Convolution, Tensor)>,
    /// Of one tap, to the end.
    pub skip: (Convolution, Tensor),
}

/// The layers.
pub struct WaveNet(pub Vec<GatedLayer>);

/// What waits in a stream.
pub struct WaveNetStream(Vec<LayerStream>);

struct LayerStream {
    gates: Delay,
    /// What waits to be added to the layer's outputs.
    residual: Delay,
    skip: Delay,
}

impl WaveNet {
    /// The biases of all layers' gates with the part of a condition in them, `[2 * channels * layers]`.
    pub fn biases(&self, condition: &Tensor) -> Result<Vec<Tensor>> {
        let mut first = 0;
        let biases = self.0.iter().map(|layer| {
            let width = layer.gates_bias.dim(0)?;
            let part = condition.narrow(0, first, width)?;
            first += width;
            &layer.gates_bias + part
        });
        biases.collect()
    }
}

impl WaveNetStream {
    pub fn new(net: &WaveNet) -> Self {
        let stream = |layer: &GatedLayer| LayerStream {
            gates: Delay::padded(layer.gates.reach() / 2),
            residual: Delay::default(),
            skip: Delay::default(),
        };
        Self(net.0.iter().map(stream).collect())
    }

    /// The sums of what all layers skip to the end, as far as the next rows `[time, channel]` make them ready. `biases` are those of the
    /// layers' gates; `last` ends the stream.
    pub fn push(
        &mut self,
        net: &WaveNet,
        biases: &[Tensor],
        rows: &Tensor,
        last: bool,
    ) -> Result<Option<Tensor>> {
        if biases.len() != net.0.len() || self.0.len() != net.0.len() {
            bail!("{} biases for {} layers", biases.len(), net.0.len());
        }
        let mut rows = rows.clone();
        let mut sum: Option<Tensor> = None;
        for ((layer, stream), bias) in net.0.iter().zip(&mut self.0).zip(biases) {
            stream.residual.append(&rows)?;
            let is_first = sum.is_none();
            if let Some(sum) = &sum {
                stream.skip.append(sum)?;
            }
            let Some(input) = stream.gates.take_padded(&rows, &layer.gates, last)? else {
                return Ok(None);
            };
            let open = gate(&layer.gates.forward(&input, bias, Extras::default())?)?;
            let count = open.dim(0)?;
            let before = if is_first {
                None
            } else {
                stream.skip.take(count)?
            };
            sum = Some(through(&layer.skip, &open, before.as_ref())?);
            let waiting = stream.residual.take(count)?;
            if let Some(next) = &layer.residual {
                rows = through(next, &open, waiting.as_ref())?;
            }
        }
        Ok(sum)
    }
}

fn through(
    (convolution, bias): &(Convolution, Tensor),
    rows: &Tensor,
    residual: Option<&Tensor>,
) -> Result<Tensor> {
    let extras = Extras {
        slope: None,
        residual,
    };
    convolution.forward(rows, bias, extras)
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device};

    use super::*;

    #[test]
    fn outputs_do_not_depend_on_how_the_input_is_cut() {
        let random = |shape: &[usize]| Tensor::rand(-1.0_f32, 1.0, shape, &Device::Cpu).unwrap();
        let convolution = |taps: usize, input: usize, output: usize| {
            let weight = random(&[taps, input, output]);
            Convolution::new(&weight, 1, DType::F32).unwrap()
        };
        let layer = |last: bool| GatedLayer {
            gates: convolution(5, 4, 8),
            gates_bias: random(&[8]),
            residual: (!last).then(|| (convolution(1, 4, 4), random(&[4]))),
            skip: (convolution(1, 4, 4), random(&[4])),
        };
        let net = WaveNet(vec![layer(false), layer(false), layer(true)]);
        let biases = net.biases(&random(&[24])).unwrap();
        let input = random(&[31, 4]);
        let whole = WaveNetStream::new(&net).push(&net, &biases, &input, true);
        let whole = whole.unwrap().unwrap().to_vec2::<f32>().unwrap();
        assert_eq!(whole.len(), 31);
        for size in [1, 2, 7] {
            let (mut stream, mut parts) = (WaveNetStream::new(&net), Vec::new());
            for first in (0..31).step_by(size) {
                let count = size.min(31 - first);
                let rows = input.narrow(0, first, count).unwrap();
                let last = first + count == 31;
                parts.extend(stream.push(&net, &biases, &rows, last).unwrap());
            }
            let found = Tensor::cat(&parts, 0).unwrap().to_vec2::<f32>().unwrap();
            assert!(found == whole, "pieces of {size}");
        }
    }
}
