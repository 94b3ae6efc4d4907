//! What edge and worker both use: ids, states, limits and guards.
//!
//! Everything here is pure: no clock, no randomness, no I/O, so the same code serves a WebAssembly component and a native
//! worker. The schema of the database lies beside it: tables in `migrations/`, functions in `functions/`.
#![warn(missing_docs)]

pub mod address;
pub mod api_key;
mod base62;
pub mod causes;
pub mod cell;
pub mod format;
pub mod id;
pub mod limits;
mod network;
pub mod openai;
pub mod origin;
pub mod process;
pub mod quality;
pub mod relay;
pub mod secret;
pub mod state;
mod text_enum;
pub mod text_format;
pub mod trace;
pub mod warning;
pub mod webhook_secret;

pub use text_enum::UnknownName;
