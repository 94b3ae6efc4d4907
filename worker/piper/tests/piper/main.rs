//! The crate through its public face, with the small voices of `tests/golden`.

mod parity;
mod voice;
