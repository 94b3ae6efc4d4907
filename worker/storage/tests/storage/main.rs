//! The storage and its gateway through their public faces.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod gateway;
mod peers;
mod relay;
mod store;
