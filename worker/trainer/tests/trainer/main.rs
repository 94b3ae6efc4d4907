//! The trainer, by what it offers to others, with a teacher that needs no program.

#![expect(
    clippy::unwrap_used,
    reason = "a test's helpers may fail as the test may"
)]

mod alignment;
mod corpus_file;
mod gradients;
mod speaking;
mod spoken;
mod synthetic;
mod training;
mod tuning;
mod voice;
