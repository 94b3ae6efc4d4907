//! Why the host could not start. Every message says what to do.

use std::{net::SocketAddr, path::PathBuf};

use kiskadee_secret::SecretError;

use crate::connection::{AcmeError, TlsError};

/// A failure at the start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The manifest cannot be read or is not valid.
    #[error("`{}` cannot be used: {reason}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong in it.
        reason: String,
    },
    /// Variables without a value, all of them.
    #[error("these variables have no value: {}; set each as SPIN_VARIABLE_<NAME> or in the configuration", .0.join(", "))]
    MissingVariables(Vec<String>),
    /// A secret that cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Certificates of authorities that cannot be used.
    #[error("the certificates in `{}` cannot be used: {reason}", path.display())]
    DatabaseCa {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Components that are not built, all of them.
    #[error("components are not built: {}; build them with `cargo xtask build`, or `spin build`", list(.0))]
    MissingComponents(Vec<PathBuf>),
    /// A component that Wasmtime refuses.
    #[error("component `{component}` cannot be loaded: {reason}")]
    Component {
        /// Its name in the manifest.
        component: String,
        /// What Wasmtime says.
        reason: String,
    },
    /// Wasmtime cannot work on this machine with these limits.
    #[error(
        "the WebAssembly engine cannot start: {0}; lower `max_instances` where address space is limited"
    )]
    Engine(String),
    /// The cache of compiled components cannot be used.
    #[error("the cache directory `{}` cannot be used: {reason}", path.display())]
    Cache {
        /// The directory.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {reason}; choose another port, or stop what uses it")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        reason: std::io::Error,
    },
    /// The certificate or its key.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Where certificates of an authority are kept.
    #[error(transparent)]
    Acme(#[from] AcmeError),
    /// A pooler that loses prepared statements.
    #[error(
        "before Postgres at {0} lies a pooler that gives each transaction another session and loses prepared statements: start with `--behind-pooler`, or let PgBouncer (1.21 or newer) follow them by `max_prepared_statements`"
    )]
    Pooler(String),
    /// The telemetry database address is not one.
    #[error("the telemetry database address is not valid: {0}")]
    TelemetryDatabase(String),
    /// Traces cannot be exported.
    #[error("traces cannot be exported: {0}")]
    Traces(String),
}

fn list(paths: &[PathBuf]) -> String {
    let names: Vec<_> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    names.join(", ")
}
