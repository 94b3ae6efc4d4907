//! Kokoro-82M: phones to speech, with the model's voices and their mixtures, in candle.
//!
//! The architecture is that of Li et al., "`StyleTTS` 2" (2023) without its diffusion, with an iSTFTNet as the decoder's end. Ids of phones
//! and a row of a voice go in; samples at 24 kHz and the length of every token come out. Knows nothing of queues, HTTP or processes, and
//! runs no other program.

mod config;
mod error;
pub mod import;
mod model;
pub mod parity;
mod styles;
pub mod text;

pub use config::{Config, GeneratorSizes, PlBertSizes, SAMPLE_RATE};
pub use error::{KokoroError, Result};
pub use model::{FRAMES_AHEAD, Kokoro, LONGEST_SECONDS, Speech, TokenFactors, Trace, Utterance};
pub use styles::{STYLE_ROWS, STYLE_WIDTH, Style, Styles};
