//! XTTS-v2: voices from recordings, and text to speech with them, in candle.
//!
//! The architecture is that of Casanova et al., "XTTS: a Massively Multilingual Zero-Shot Text-to-Speech Model" (2024). Text tokens
//! and conditioning latents go into a GPT that predicts audio codes; its last hidden states go through a HiFi-GAN decoder that is
//! conditioned on a speaker embedding. Knows nothing of queues, HTTP or processes.

mod batch;
mod conditioning;
mod config;
mod dvae;
mod error;
pub mod folder;
mod gpt;
pub mod layout;
mod mel;
mod model;
mod names;
mod parameters;
pub mod parity;
mod sampling;
mod speaker;
mod tokenizer;
mod vocoder;

pub use batch::{Batch, End, Event, Order, Outcome};
pub use conditioning::{
    Conditioning, ConditioningEncoder, ConditioningModel, ConditioningOptions, LATENTS, Perceiver,
    StyleEncoder,
};
pub use config::{Config, DvaeSizes, HifiganSizes, ModelArgs, Sizes, SpeakerEncoderSizes};
pub use dvae::Dvae;
pub use error::{Result, XttsError};
pub use folder::ModelFolder;
pub use kiskadee_checkpoint::Weights;
pub use mel::{INPUT_RATE, LogMel, MEL_BANDS, MEL_HOP, mel_scales};
pub use model::{DeviceChoice, LoadOptions, Precision, PreparedVoice, Xtts};
pub use parameters::{ParameterSource, Trace};
pub use sampling::Sampling;
pub use speaker::SpeakerEncoder;
pub use tokenizer::Tokenizer;
