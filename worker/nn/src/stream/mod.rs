//! Layers on streams: each keeps the rows that its next outputs look back at, so that the outputs are the same however the input was cut,
//! and nothing is computed twice.

mod delay;
mod residual;
mod upsampling;
mod wavenet;

pub use delay::Delay;
pub use residual::{ResidualBlock, ResidualStream};
pub use upsampling::{Upsampling, UpsamplingStream};
pub use wavenet::{GatedLayer, WaveNet, WaveNetStream};
