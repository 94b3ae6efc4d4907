//! Written text to words that can be spoken.
//!
//! Splits a text into sentences and writes out numbers, dates, times, money, units, abbreviations, acronyms and
//! addresses as words, in English and Brazilian Portuguese. It knows nothing of phones or audio.

mod language;
mod spoken;

pub use language::Language;
pub use spoken::{Boundary, Emphasis, Prosody, Sentence, Word};
