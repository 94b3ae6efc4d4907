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
mod lstm;
mod same_convolution;
mod self_attention;
mod slice;
pub mod stream;

pub use activation::{Activation, Curve, Modulation, gate, gelu, gelu_erf, leaky_relu, sine};
pub use convolution::{Convolution, Extras};
pub use difference::relative_difference;
pub use linear::{Linear, Packed};
pub use lstm::{BidirectionalLstm, LstmWeights};
pub use same_convolution::SameConvolution;
pub use self_attention::{RelativePositions, self_attention};
pub use slice::f32_slice;
