//! Bounds that callers meet, and that nobody escapes them or is hit by another's.
#![expect(clippy::unwrap_used, reason = "tests stop where something is wrong")]

#[path = "../support/mod.rs"]
mod support;
mod wire;

mod client;
mod compute;
mod labels;
mod pace;
mod pooler;
mod shares;
mod uploads;
