//! The sender of webhooks against a real receiver and a real database.
//!
//! The clock is never waited for: a test moves the times in the database.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod dark;
mod delivery;
mod fixture;
mod owner;
mod receiver;
mod refusal;
mod schedule;
mod several;
mod shares;
