//! Encoding and decoding through its public face, with the real ffmpeg and with one that fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod decoding;
mod encoding;
mod faults;
mod tracks;
