//! The trainer, by what it offers to others, with a teacher that needs no program.

#![expect(
    clippy::unwrap_used,
    reason = "a test's helpers may fail as the test may"
)]

mod corpus_file;
mod gradients;
mod speaking;
mod synthetic;
mod training;
mod voice;
