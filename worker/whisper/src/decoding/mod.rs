//! From what was heard to tokens: one after the other, by the rules of the reference.

mod attempt;
mod choice;
mod fallback;
mod rules;

pub(crate) use self::attempt::{Answer, Prompted, Room};
pub(crate) use self::fallback::{Chosen, Judge, compression_ratio};
pub(crate) use self::rules::Rules;
