//! Speakers: what describes a voice, how voices are mixed, and how one is found for a recording.

mod join;
mod mix;
mod profile;
mod statistics;
mod warp;

pub use join::join;
pub use mix::{MixError, Speaker, SpeakerVector, mix};
pub use profile::{Profile, UnreadableProfile};
pub use statistics::{Moments, STATISTICS, TooLittleSpeech};
pub(crate) use statistics::{covariance_of, loud, mean_of, melody_of, speech_frames};
pub use warp::{WARP_LIMIT, Warp};
