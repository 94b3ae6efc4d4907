//! Uploads through the public face: what is made of parts and of files at an address, and what is left when the work dies
//! between any two steps.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod bucket;
mod checks;
mod journey;
mod kills;
