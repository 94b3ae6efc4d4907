//! A residual block of dilated convolutions, and what it remembers of a stream.

use candle_core::Tensor;

use super::stream::leaky;
use crate::{error::Result, nn::Convolution};

/// Pairs of convolutions, each pair around a shortcut.
pub(super) struct ResidualBlock {
    layers: Vec<(Convolution, Tensor)>,
}

impl ResidualBlock {
    /// Of convolutions with their biases, two for each shortcut.
    pub(super) fn new(layers: Vec<(Convolution, Tensor)>) -> Self {
        Self { layers }
    }
}

/// Rows that wait for others.
#[derive(Default)]
pub(super) struct Delay {
    rows: Option<Tensor>,
    /// Rows of zeros that stand in front of the first and behind the last.
    padding: usize,
}

impl Delay {
    pub(super) fn padded(padding: usize) -> Self {
        Self {
            rows: None,
            padding,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.as_ref().map_or(0, |rows| rows.dims()[0])
    }

    pub(super) fn append(&mut self, rows: &Tensor) -> Result<()> {
        if rows.dim(0)? == 0 {
            return Ok(());
        }
        self.rows = Some(match self.rows.take() {
            Some(before) => Tensor::cat(&[&before, rows], 0)?,
            None => rows.clone(),
        });
        Ok(())
    }

    /// The first rows, if there are any.
    pub(super) fn take(&mut self, count: usize) -> Result<Option<Tensor>> {
        if count == 0 {
            return Ok(None);
        }
        let Some(rows) = self.rows.take() else {
            return Ok(None);
        };
        let left = rows.dim(0)? - count;
        if left > 0 {
            self.rows = Some(rows.narrow(0, count, left)?);
        }
        Ok(Some(rows.narrow(0, 0, count)?))
    }

    /// All that a convolution can work on with these rows; keeps what its next outputs look back at.
    pub(super) fn take_padded(
        &mut self,
        rows: &Tensor,
        convolution: &Convolution,
        last: bool,
    ) -> Result<Option<Tensor>> {
        let before = std::mem::take(&mut self.padding);
        if before > 0 {
            self.append(&zeros(rows, before)?)?;
        }
        self.append(rows)?;
        let reach = convolution.reach();
        if last {
            self.append(&zeros(rows, reach - reach / 2)?)?;
        }
        if self.len() <= reach {
            return Ok(None);
        }
        let Some(input) = self.rows.take() else {
            return Ok(None);
        };
        if reach > 0 {
            self.rows = Some(input.narrow(0, input.dim(0)? - reach, reach)?);
        }
        Ok(Some(input))
    }
}

fn zeros(like: &Tensor, count: usize) -> Result<Tensor> {
    let width = like.dim(1)?;
    Ok(Tensor::zeros((count, width), like.dtype(), like.device())?)
}

/// What a block remembers.
pub(super) struct ResidualStream {
    inputs: Vec<Delay>,
    /// What waits to be added to the output of each pair.
    shortcuts: Vec<Delay>,
}

impl ResidualStream {
    pub(super) fn new(block: &ResidualBlock) -> Self {
        let inputs = block.layers.iter();
        let inputs = inputs.map(|(convolution, _)| Delay::padded(convolution.reach() / 2));
        let shortcuts = block.layers.chunks(2).map(|_| Delay::default());
        Self {
            inputs: inputs.collect(),
            shortcuts: shortcuts.collect(),
        }
    }

    /// The outputs that are ready, if there are any.
    pub(super) fn push(
        &mut self,
        block: &ResidualBlock,
        rows: &Tensor,
        last: bool,
    ) -> Result<Option<Tensor>> {
        let mut rows = rows.clone();
        let pairs = block
            .layers
            .chunks_exact(2)
            .zip(self.inputs.chunks_exact_mut(2));
        for ((layers, inputs), shortcut) in pairs.zip(&mut self.shortcuts) {
            let ([(first, first_bias), (second, second_bias)], [outer, inner]) = (layers, inputs)
            else {
                continue;
            };
            shortcut.append(&rows)?;
            let Some(input) = outer.take_padded(&rows, first, last)? else {
                return Ok(None);
            };
            let middle = first.forward(&input, first_bias, leaky(None))?;
            let Some(input) = inner.take_padded(&middle, second, last)? else {
                return Ok(None);
            };
            let count = input.dim(0)? - second.reach();
            let residual = shortcut.take(count)?;
            rows = second.forward(&input, second_bias, leaky(residual.as_ref()))?;
        }
        Ok(Some(rows))
    }
}
