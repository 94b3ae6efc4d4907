//! What addresses lead to, and where none may lead. The servers stand on loopback addresses, of which one may be called.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails where something is not as expected"
)]

mod files;
mod pages;
mod server;
mod sites;
