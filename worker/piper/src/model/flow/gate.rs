//! The gated unit of WaveNet (van den Oord et al., 2016).

use candle_core::{D, Result, Tensor};

/// tanh of the first half of the channels, times the sigmoid of the second: `[time, 2 channel]` to `[time, channel]`.
pub(super) fn gate(input: &Tensor) -> Result<Tensor> {
    let width = input.dim(D::Minus1)? / 2;
    let tanh = input.narrow(D::Minus1, 0, width)?.tanh()?;
    let sigmoid = input.narrow(D::Minus1, width, width)?;
    tanh * candle_nn::ops::sigmoid(&sigmoid.contiguous()?)?
}
