//! The converter on a small random model.

mod convert;
mod random;
