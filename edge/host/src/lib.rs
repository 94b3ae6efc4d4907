//! The native edge host: runs the components of `spin.toml` as Spin would, on one machine.
//!
//! It embeds Wasmtime and gives components `wasi:http`, `spin:postgres`, variables and outbound HTTP, within bounds on
//! memory, time and number. It knows nothing of speech, accounts or the queue; those are in the components.

mod allowed_hosts;
mod bindings;
mod body;
mod compiled;
mod component;
mod config;
mod context;
mod declared;
mod engine;
mod error;
mod guest_log;
mod gzip;
mod host;
mod instance;
mod manifest;
mod outbound;
mod pg;
mod problem;
mod route;
mod serve;
mod server;
mod telemetry;
mod variables;
mod worker;

pub use config::{HostConfig, Limits};
pub use declared::{DeclaredComponent, components};
pub use error::HostError;
pub use host::EdgeHost;
pub use telemetry::traces;
