//! The public face of the crate.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod archive;
mod doubts;
mod formats;
mod measures;
mod packed;
mod prompts;
mod report;
mod segments;
mod vad;
