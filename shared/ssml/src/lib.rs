//! The part of SSML (W3C Speech Synthesis Markup Language 1.1) that texts may be written in.
//!
//! [`parse`] reads a text into [`Piece`]s or says what is wrong, where, and what to write instead. It knows nothing of
//! words, phones or audio, and is light enough for a component of the edge. What is supported stands in this folder's README.

mod document;
mod element;
mod error;
mod parser;
mod said;
mod values;
mod written;

pub use document::{Document, Emphasis, Piece, SayAs, Saying, Style, Text};
pub use error::{Fault, Position, SsmlError};
pub use parser::{MOST_DEPTH, MOST_ELEMENTS, MOST_PAUSE, parse};
pub use written::written;

/// Whether a text is SSML: it begins with `<speak`, blanks and an XML declaration apart.
///
/// Any other text is plain and means what it says, also with signs like `<`.
pub fn is_ssml(text: &str) -> bool {
    let begin = opening(text);
    begin
        .strip_prefix("<?xml")
        .and_then(|declaration| declaration.split_once("?>"))
        .map_or(begin, |(_, rest)| rest.trim_start())
        .strip_prefix("<speak")
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_whitespace() || c == '>' || c == '/'))
}

/// The text without blanks and a byte order mark before it.
fn opening(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ssml_begins_with_speak() {
        for text in [
            "<speak>a</speak>",
            "\u{feff}\n\t <speak/>",
            "<speak version=\"1.1\">",
            "<speak\n>",
            "<?xml version=\"1.0\"?>\n<speak>a</speak>",
        ] {
            assert!(is_ssml(text), "{text}");
        }
        for text in [
            "",
            "<speak",
            "<speaker>",
            "a <speak>",
            "< speak>",
            "<SPEAK>",
            "<p>a</p>",
        ] {
            assert!(!is_ssml(text), "{text}");
        }
    }
}
