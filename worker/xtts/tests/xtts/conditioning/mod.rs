//! The making of voices, and of the codes that training learns from: the values of the reference, and the slopes that are there.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails where something is not as expected"
)]

mod fixture;
mod gradients;
mod stages;
