//! The host with components: one that tries out every interface and every bound, and those of the product.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests stop where something is wrong"
)]

mod bounds;
mod components;
mod entry;
mod http;
mod leaving;
mod limits;
mod outbound;
mod postgres;
mod renewal;
mod support;
mod telemetry;
mod tls;
