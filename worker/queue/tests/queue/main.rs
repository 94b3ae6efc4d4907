//! The queue against a real database: its rules one by one, against a model, and all at once; and how a database is brought up to date.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails where something is not as expected"
)]

mod address;
mod cancels;
mod caps;
mod claims;
mod errors;
mod expiry;
mod gates;
mod heads;
mod ids;
mod kinds;
mod lead;
mod measuring;
mod migrate;
mod model;
mod phases;
mod pools;
mod retention;
mod roles;
mod storm;
mod telemetry;
mod upgrade;
