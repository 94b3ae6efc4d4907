//! XTTS-v2: voices from recordings, and text to speech with them, in candle.
//!
//! The architecture is that of Casanova et al., "XTTS: a Massively Multilingual Zero-Shot Text-to-Speech Model" (2024). Text tokens
//! and conditioning latents go into a GPT that predicts audio codes; its last hidden states go through a HiFi-GAN decoder that is
//! conditioned on a speaker embedding. Knows nothing of queues, HTTP or processes.

mod checkpoint;
mod config;
mod error;
pub mod folder;
pub mod layout;
mod weights;

pub use config::{Config, DvaeSizes, HifiganSizes, ModelArgs, Sizes, SpeakerEncoderSizes};
pub use error::{Result, XttsError};
pub use folder::ModelFolder;
pub use weights::Weights;
