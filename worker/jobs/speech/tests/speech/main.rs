//! The bodies of the jobs of speech, free of any queue.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod cloning;
mod live;
mod measure;
mod speaking;
