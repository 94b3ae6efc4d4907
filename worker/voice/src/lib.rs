//! The embedded voice: words in, samples out.
//!
//! Stages, each usable alone: the acoustic model (phones to vocoder frames),
//! the vocoder (frames to samples), analysis (samples to frames), and matching (a recording in another voice). It knows no queue, no HTTP and no files but
//! its own weights.

pub mod acoustic;
pub mod analysis;
mod frames;
pub mod loudness;
pub mod matching;
pub mod resample;
pub mod speaker;
mod synthesizer;
pub mod vocoder;

pub use frames::{FRAME_SECONDS, HOP, MEL_CEPSTRUM, SAMPLE_RATE, STRENGTHS, VocoderFrames};
pub use synthesizer::{Line, SpokenLine, SpokenWord, SynthesisError, Synthesizer};
