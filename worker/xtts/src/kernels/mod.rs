//! What takes the time on a CPU, written for its vector units: products with weights, convolutions, attention.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into a function for certain vector units is not compiled for them"
)]

pub(crate) mod attention;
pub(crate) mod exponential;
pub(crate) mod panels;
pub(crate) mod plane;
pub(crate) mod quantized;
mod tile;
pub(crate) mod winograd;
