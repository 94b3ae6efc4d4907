//! The crate through its public face, with the small model of `tests/golden`.

mod batch;
mod conditioning;
mod import;
mod parity;
mod voices;
