//! Who speaks what the voice learns from, and the programs that say words for the lexicons.
//!
//! flite's library is linked to a small C program, which is compiled into a cache directory when data is made and runs as a
//! process of its own; nothing of it gets into the product.

mod error;
pub mod kokoro;
mod program;

pub use error::TeacherError;
pub(crate) use program::{Program, missing};
