//! Starts the whole system as a user would, and talks to it over HTTP.
//!
//! Nothing is replaced: a real Postgres, the real components under the real host, real workers, real audio.

pub mod audio;
pub mod client;
mod collector;
mod dataset;
mod family;
mod newer;
mod pooled;
pub mod process;
pub mod receiver;
mod state_directory;
pub mod system;
mod users;
pub mod wait;

pub use client::{Answer, Client};
pub use collector::{Collector, Span};
pub use dataset::prompts;
pub use family::Family;
pub use pooled::Pooled;
pub use receiver::{Received, Receiver};
pub use system::{Options, System, binary};
pub use users::User;
pub use wait::eventually;
