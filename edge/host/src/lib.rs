//! The native edge host: runs the components of `spin.toml` as Spin would, on one machine.
//!
//! It embeds Wasmtime and gives components `wasi:http`, `spin:postgres`, variables and outbound HTTP, within bounds on
//! memory, time and number. It knows nothing of speech, accounts or the queue; those are in the components.

mod admission;
mod allowed_hosts;
mod answer;
mod bindings;
mod body;
mod client;
mod compiled;
mod component;
mod config;
mod context;
mod cpu;
mod declared;
mod engine;
mod error;
mod files;
mod guest_log;
mod gzip;
mod health;
mod host;
mod instance;
mod manifest;
mod outbound;
mod pg;
mod problem;
mod progress;
mod proxy_protocol;
mod route;
mod serve;
mod server;
mod telemetry;
mod variables;
mod worker;

pub use admission::Shares;
pub use client::{ForwardedHeader, Proxies};
pub use config::{HostConfig, Limits};
pub use declared::{DeclaredComponent, components};
pub use error::HostError;
pub use health::Health;
pub use host::{EdgeHost, PreparedHost};
pub use telemetry::traces;
