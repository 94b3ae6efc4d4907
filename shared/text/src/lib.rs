//! Written text to words that can be spoken.
//!
//! Splits a text into sentences and writes out numbers, dates, times, money, units, abbreviations, acronyms and
//! addresses as words, in English and Brazilian Portuguese. Transcripts, for models that read characters, are written
//! in more languages. It knows nothing of phones or audio.

mod address;
mod clean;
mod dictionary;
mod english;
mod language;
mod marked;
mod normalize;
mod pieces;
mod portuguese;
mod prompts;
mod reading;
mod roman;
mod segment;
mod spoken;
mod transcript;
mod written;

pub use dictionary::{Dictionary, Entry};
pub use kiskadee_markup::{SsmlError, TextFormat, read as document};
pub use language::Language;
pub use marked::{plain_text, read, silence};
pub use normalize::{normalize, plain};
pub use prompts::prompts;
pub use segment::{Pause, Segment, split};
pub use spoken::{Boundary, Emphasis, Prosody, Sentence, Word};
pub use transcript::{Passage, TranscriptError, TranscriptLanguage, passages, transcript};
pub use written::{as_written, written_case};
