//! RVC voice conversion in candle: speech of one voice into that of another.
//!
//! What is said is taken from a recording as frames of features, the melody as a pitch; both go through the networks of the voice, which
//! make samples of them. Knows nothing of queues, HTTP, or of how files are decoded.

mod conversion;
mod error;
mod highpass;
mod hubert;
mod index;
mod layers;
mod loudness;
mod mirror;
mod noise;
pub mod parity;
mod pieces;
mod pitch;
mod rmvpe;
mod synthesizer;
mod tensors;
mod trace;
mod voice;

pub use conversion::{Conversion, Engine, Report, Settings};
pub use error::{Result, RvcError};
pub use hubert::{Hubert, HubertOptions};
pub use index::{Neighbour, RetrievalIndex};
pub use noise::Noise;
pub use pitch::{PitchTracker, Unvoiced};
pub use rmvpe::Rmvpe;
pub use synthesizer::Voice;
pub use voice::{Version, VoiceConfig, VoiceFile};
