//! `spin:postgres` for components: pooled sessions, prepared statements, values of every type of the interface.
//!
//! A component's `connection` is light: it holds a session only from `open` to the end of its first statement, or for
//! as long as a statement has left something in the session (a setting, a lock, an open transaction). Everything else
//! runs on whichever session of the pool is free, so a request that streams for minutes keeps no session from others.

#![expect(
    clippy::result_large_err,
    reason = "the interface's error carries every field that Postgres sends"
)]

mod columns;
mod decode;
mod encode;
mod error;
mod host;
mod lease;
mod numeric;
mod pool;
mod pools;
mod query;
mod ranges;
mod renewed;
mod rows;
mod server;
mod session;
mod sessions;
mod text;
mod tls;

#[expect(unreachable_pub, reason = "the generated bindings name them publicly")]
pub use host::{Connection, ConnectionBuilder};
pub(crate) use pool::PoolLimits;
pub(crate) use pools::Pools;
pub(crate) use renewed::Hurry;
pub(crate) use server::{Before, Server, connect, is_address, servers};
pub(crate) use tls::certificates;
