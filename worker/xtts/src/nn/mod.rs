//! Layers, each in two forms: composed of candle's operations, for GPUs, and as one operation of our kernels, for the CPU.

mod activation;
mod convolution;
mod linear;
mod slice;

pub(crate) use activation::gelu;
pub(crate) use convolution::{Convolution, Extras};
pub(crate) use linear::{Linear, Packed};
pub(crate) use slice::f32_slice;
