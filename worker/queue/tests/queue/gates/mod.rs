//! Jobs that come after others.

mod fixture;
mod races;
mod rules;
mod storm;
