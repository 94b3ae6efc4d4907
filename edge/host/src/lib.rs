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
mod connection;
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
mod instances;
mod loading;
mod manifest;
mod outbound;
mod pg;
mod problem;
mod progress;
mod renewal;
mod route;
mod serve;
mod stage;
mod telemetry;
mod variables;

pub use admission::Shares;
pub use client::{ForwardedHeader, Proxies};
pub use config::{HostConfig, Limits, Sharing};
pub use connection::{Acme, AcmeChallenge, AcmeError, Redirect, TlsError, TlsFiles};
pub use declared::{DeclaredComponent, components};
pub use error::HostError;
pub use health::Health;
pub use host::{EdgeHost, PreparedHost};
pub use kiskadee_secret::{SecretError, SecretSource};
pub use telemetry::traces;
