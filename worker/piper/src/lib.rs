//! Voices of the Piper project in candle: phonemes to speech.
//!
//! The architecture is that of Kim et al., "Conditional Variational Autoencoder with Adversarial Learning for End-to-End Text-to-Speech"
//! (VITS, 2021). Knows nothing of queues, HTTP, processes or of how phonemes are made.

pub mod config;
mod error;
pub mod import;
mod model;
pub mod parity;
pub mod text;
mod trace;

pub use config::{PublishedConfig, Scales, VoiceConfig};
pub use error::{PiperError, Result};
pub use model::{MOST_IDS, Piper, Speaker, Speech, Utterance};
