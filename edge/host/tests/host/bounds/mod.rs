//! Bounds that callers meet, and that nobody escapes them or is hit by another's.

pub(crate) mod wire;

mod alone;
mod client;
mod compute;
mod filling;
mod labels;
mod pace;
mod pooler;
mod shares;
mod uploads;
