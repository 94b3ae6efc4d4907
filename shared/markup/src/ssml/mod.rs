//! SSML, as the W3C and the makers of other systems write it.

mod attributes;
mod dates;
mod element;
mod notes;
mod opening;
mod parser;
mod said;
mod values;

pub use opening::is_ssml;
pub(crate) use parser::parse;
pub use parser::{MOST_DEPTH, MOST_ELEMENTS, MOST_PAUSE};
pub(crate) use values::{Value, strength, time};
