//! The public face of the crate.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod parity;
mod transcribe;
