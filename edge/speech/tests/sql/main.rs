//! The SQL functions behind this component, against a real database: what they accept, what they refuse, who sees what, and
//! that every answer has the shape that the API document promises.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "tests stop where something is wrong"
)]

mod batches;
mod database;
mod jobs;
mod making;
mod pronunciations;
mod requests;
mod voices;
