//! Runs against a real database, a directory as storage and the embedded voice: from clips to a voice, over stops and lost workers.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails where something is not as expected"
)]

mod alone;
mod datasets;
mod downloads;
mod failing;
mod full_disk;
mod going_on;
mod hearing;
mod hostile;
mod little_memory;
#[path = "../../../../dataset/tests/dataset/packed.rs"]
mod packed;
mod room;
#[path = "../../../../outbound/tests/outbound/server.rs"]
mod server;
mod small_xtts;
mod spoken;
mod steps;
mod voices;
mod xtts;
