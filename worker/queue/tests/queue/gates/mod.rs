//! Jobs that come after others.

pub(crate) mod fixture;
mod races;
mod rules;
mod storm;
