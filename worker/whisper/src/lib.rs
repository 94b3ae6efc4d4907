//! Whisper: recordings to text in some hundred languages, in candle.
//!
//! The architecture and the rules of decoding are those of Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision"
//! (2022), and of the reference that came with it. Mono samples at 16 kHz go in; text, its language, and how sure the model is of both
//! come out. Knows nothing of queues, HTTP or processes.

mod config;
mod decoding;
mod error;
pub mod import;
mod languages;
mod listening;
mod mel;
mod model;
pub mod parity;
mod segments;
mod tokens;
mod transcript;
mod vocabulary;
mod whisper;

pub use config::Config;
pub use error::{Result, WhisperError};
pub use languages::{code_of_tag, tags};
pub use mel::{LogMel, SAMPLE_RATE, WINDOW_SAMPLES};
pub use model::{Precision, Trace};
pub use tokens::Tokens;
pub use transcript::{Expected, Options, Segment, Task, Transcript};
pub use whisper::{LanguageGuess, Whisper};
