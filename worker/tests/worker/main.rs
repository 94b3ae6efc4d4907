//! A whole worker against a real database and a directory as storage, with an engine that does what its text says.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails where something is not as expected"
)]

mod engine;
mod faults;
mod fleet;
mod notices;
mod work;
