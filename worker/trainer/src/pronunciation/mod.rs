//! Makes the files from which words get their phones: lexicons and letter-to-sound rules.

mod align;
mod grow;
mod make;
mod teacher;

pub use make::{Made, make};
