//! The component as its host sees it, and what operators configure around it.
#![expect(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

mod dashboards;
mod routes;
