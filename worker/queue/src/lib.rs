//! The Postgres queue as a typed crate
