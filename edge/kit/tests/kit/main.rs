//! The kit as components and their callers see it.
#![expect(clippy::unwrap_used, reason = "a test fails where its setting up does")]

mod service;
mod token;
