//! Runs that train voices, what they leave, and what can be done with it.

pub(crate) mod checkpoints;
pub(crate) mod comparisons;
pub(crate) mod events;
pub(crate) mod inference;
pub(crate) mod starting;
pub(crate) mod tuned_voices;
pub(crate) mod watching;

mod checks;
