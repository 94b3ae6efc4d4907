//! Layers of neural speech models, on `[time, channel]`.
//!
//! Each has two forms: one operation of our [`kernels`] on the CPU, in f32, and a composition of candle's operations elsewhere. The kernels
//! add up every sum in one order, so results depend neither on the number of threads nor on what is computed beside. Knows no model:
//! no names of tensors, no files.

mod activation;
mod convolution;
mod difference;
pub mod kernels;
mod linear;
mod slice;
pub mod stream;

pub use activation::gelu;
pub use convolution::{Convolution, Extras};
pub use difference::relative_difference;
pub use linear::{Linear, Packed};
pub use slice::f32_slice;
