//! Voice activity: how likely somebody speaks in each 32 ms, and the regions of speech that follow from it.
//!
//! The net is Silero VAD 6.2.3 for 16 kHz (<https://github.com/snakers4/silero-vad>, MIT).

mod network;
mod regions;
mod stream;

pub use network::SpeechDetector;
pub(crate) use regions::to_samples;
pub use regions::{Region, RegionOptions, regions};
pub use stream::SpeechStream;

/// Samples a second of what the detector hears.
pub const SAMPLE_RATE: u32 = 16_000;
/// Samples of one probability: 32 ms.
pub const CHUNK: usize = 512;
