//! Runners with a family that exists only here, against a real database and a directory as storage.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails where something is not as expected"
)]

mod dark;
mod fleet;
mod health;
mod leaving;
mod pools;
mod refused;
mod toys;
