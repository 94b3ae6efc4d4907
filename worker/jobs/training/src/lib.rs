//! The family of voice training: steps that make a dataset of recordings, and runs that train a voice on one.

mod computing;
mod dataset;
mod family;
mod run;

pub use self::family::{Training, Workshop};
