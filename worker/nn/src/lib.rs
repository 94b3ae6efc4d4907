//! Layers of neural speech models, on `[time, channel]`.
//!
//! Each has two forms: one operation of our [`kernels`] on the CPU, in f32, and a composition of candle's operations elsewhere. The kernels
//! add up every sum in one order, so results depend neither on the number of threads nor on what is computed beside. Knows no model:
//! no names of tensors, no files.

mod activation;
mod convolution;
mod depthwise_convolution;
mod difference;
mod frame_attention;
mod gru;
pub mod kernels;
mod linear;
mod lstm;
mod normalization;
pub mod parity;
mod plane_convolution;
mod pointwise;
mod same_convolution;
mod self_attention;
mod slice;
pub mod stream;
mod streamed_lstm;
mod strided_convolution;
mod transposed_convolution;

pub use activation::{Activation, Curve, Modulation, leaky_relu};
pub use convolution::{Convolution, Extras};
pub use depthwise_convolution::DepthwiseConvolution;
pub use difference::relative_difference;
pub use frame_attention::frame_attention;
pub use gru::{BidirectionalGru, GruWeights};
pub use linear::{Linear, Packed};
pub use lstm::{BidirectionalLstm, LstmWeights};
pub use normalization::layer_norm;
pub use plane_convolution::{PlaneConvolution, PlaneDoubling, halve_plane};
pub use pointwise::{gate, gelu, gelu_erf, sine};
pub use same_convolution::SameConvolution;
pub use self_attention::{RelativePositions, self_attention};
pub use slice::f32_slice;
pub use streamed_lstm::{LstmMemory, StreamedLstm};
pub use strided_convolution::StridedConvolution;
pub use transposed_convolution::{TransposedConvolution, TransposedDepthwise, TransposedSize};
