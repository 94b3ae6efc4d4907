//! The crate through its public face, with the small model of `worker/xtts/tests/golden`.

#![expect(
    clippy::unwrap_used,
    reason = "a test's helpers may fail as the test may"
)]

mod clips;
mod export;
mod fixture;
mod gradients;
mod refusals;
mod runs;
mod steps;
