//! A private Postgres cluster: made once, started and stopped with `kiskadee up`, reachable from this machine alone.

mod account;
mod binaries;
mod cluster;
pub(crate) mod guard;
mod leftover;
mod place;
mod port;
pub(crate) mod scratch;
pub(crate) mod server;
mod settings;

pub(crate) use binaries::is_installed;
pub(crate) use cluster::{Cluster, ClusterOptions, SUPERUSER, pool};
pub(crate) use settings::Durability;

/// The port of the cluster of a state directory, as its last start chose it.
pub(crate) fn remembered_port(state: &std::path::Path) -> Option<u16> {
    port::remembered(&state.join(cluster::PORT_FILE))
}
