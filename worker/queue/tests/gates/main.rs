//! Jobs that come after others.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails where something is not as expected"
)]

mod fixture;
mod races;
mod rules;
mod storm;
