//! The converter on a small random model.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod convert;
mod random;
