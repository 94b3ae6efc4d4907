//! What the component says of itself. What it does is tested against the running system.
#![expect(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

mod document;
