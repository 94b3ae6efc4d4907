//! What takes the time on a CPU, written for its vector units: products with weights, convolutions, attention.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into a function for certain vector units is not compiled for them"
)]

pub mod attention;
pub mod curve;
pub mod depthwise;
pub mod exponential;
pub mod frame_attention;
pub mod gated;
pub mod normalization;
pub mod panels;
pub mod plane;
pub mod quantized;
pub mod recurrent;
pub mod self_attention;
pub mod statistics;
mod tile;
pub mod toom_cook;
pub mod winograd;
