//! Texts as they are written, and what of them is said.
//!
//! [`read`] takes a text in SSML, Markdown, HTML or plain apart into [`Piece`]s that know where they stand, or says what is wrong
//! with it, where, and what to write instead. It knows nothing of words, phones or audio, and is light enough for a component of
//! the edge. What is supported stands in this folder's README.

mod document;
mod error;
mod marks;
mod ssml;

pub use document::{Document, Emphasis, Piece, SayAs, Saying, Style, Text};
pub use error::{Fault, Position, SsmlError};
pub use kiskadee_shared::{
    text_format::TextFormat,
    warning::{MOST_WARNINGS, Warning, WarningCode},
};
pub use ssml::{MOST_DEPTH, MOST_ELEMENTS, MOST_PAUSE, is_ssml};

/// Reads a text that is spoken in the language of this BCP 47 tag. Only SSML can be faulty.
pub fn read(text: &str, format: TextFormat, language: &str) -> Result<Document, SsmlError> {
    match format {
        TextFormat::Ssml => ssml::parse(text, language),
        TextFormat::Auto if is_ssml(text) => ssml::parse(text, language),
        TextFormat::Plain => Ok(Document::plain(text)),
        TextFormat::Auto | TextFormat::Markdown | TextFormat::Html => Ok(marks::read(text, format)),
    }
}
