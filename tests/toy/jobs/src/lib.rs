//! The toy family, which only tests run: a job counts the words of a text and keeps the counts in the storage.

pub mod counts;

mod args;
mod family;

pub use self::family::Toy;
