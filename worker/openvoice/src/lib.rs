//! The converter of `OpenVoice` v2 (Qin et al., 2023): a recording in the timbre of another. Manner, accent and melody stay.
//!
//! A linear spectrogram becomes latents that the source's timbre is taken from and the target's is put on by a flow; a HiFi-GAN makes samples
//! of them. Mono samples at the model's rate (22.05 kHz); knows no queue, HTTP or database.

mod config;
mod convert;
mod embedding;
mod error;
mod import;
mod model;
mod noise;
pub mod parity;

pub use config::Config;
pub use convert::{OpenVoice, Options, Progress};
pub use embedding::Embedding;
pub use error::{OpenVoiceError, Result};
pub use import::import;
