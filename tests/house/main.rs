//! Who may depend on whom, held against what Cargo says; and whose SQL may name whose tables.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails where something is not as expected"
)]

mod crates;
mod functions;
mod saying;
