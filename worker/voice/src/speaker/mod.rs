//! Speakers: what describes a voice, how voices are mixed, and how one is found for a recording.

mod join;
mod mix;
mod statistics;
mod warp;

pub use join::join;
pub use mix::{MixError, Speaker, SpeakerVector, mix};
pub use statistics::{Moments, STATISTICS, TooLittleSpeech};
pub use warp::{WARP_LIMIT, Warp};
