//! A residual block of dilated convolutions, and what it remembers of a stream.

use candle_core::{Result, Tensor};

use super::Delay;
use crate::{Convolution, Extras};

/// Convolutions with a leaky ReLU in front of each, and a shortcut around every one or two of them (HiFi-GAN's blocks "2" and "1").
pub struct ResidualBlock {
    /// With their biases.
    layers: Vec<(Convolution, Tensor)>,
    /// Convolutions that a shortcut goes around.
    around: usize,
    slope: f32,
}

impl ResidualBlock {
    /// Of convolutions with their biases `[out]`, of which a shortcut goes around `around` each; `slope` is the leaky ReLUs'.
    pub fn new(layers: Vec<(Convolution, Tensor)>, around: usize, slope: f32) -> Self {
        Self {
            layers,
            around: around.max(1),
            slope,
        }
    }
}

/// What a block remembers.
pub struct ResidualStream {
    inputs: Vec<Delay>,
    /// What waits to be added to the output of each shortcut's last convolution.
    shortcuts: Vec<Delay>,
}

impl ResidualStream {
    pub fn new(block: &ResidualBlock) -> Self {
        let inputs = block.layers.iter();
        let inputs = inputs.map(|(convolution, _)| Delay::padded(convolution.reach() / 2));
        let shortcuts = block.layers.chunks(block.around);
        Self {
            inputs: inputs.collect(),
            shortcuts: shortcuts.map(|_| Delay::default()).collect(),
        }
    }

    /// The outputs that are ready with the next rows `[time, channel]`, if there are any.
    pub fn push(
        &mut self,
        block: &ResidualBlock,
        rows: &Tensor,
        last: bool,
    ) -> Result<Option<Tensor>> {
        let mut rows = rows.clone();
        let layers = block.layers.chunks(block.around);
        let parts = layers.zip(self.inputs.chunks_mut(block.around));
        for ((layers, inputs), shortcut) in parts.zip(&mut self.shortcuts) {
            shortcut.append(&rows)?;
            for (place, ((convolution, bias), input)) in layers.iter().zip(inputs).enumerate() {
                let Some(input) = input.take_padded(&rows, convolution, last)? else {
                    return Ok(None);
                };
                let residual = if place + 1 == layers.len() {
                    shortcut.take(input.dim(0)? - convolution.reach())?
                } else {
                    None
                };
                let extras = Extras {
                    slope: Some(block.slope),
                    residual: residual.as_ref(),
                };
                rows = convolution.forward(&input, bias, extras)?;
            }
        }
        Ok(Some(rows))
    }
}
