//! Markdown and HTML: what is a mark is left out, and what it frames is said.
//!
//! Nothing here can fail: what is no mark is text. Each step goes through the text once and says of its bytes that they are
//! marks, or that they are text whatever they look like, and where sentences end; the pieces are what then remains.

mod code;
mod decoded;
mod emphasis;
mod entities;
mod front;
mod lines;
mod links;
mod marked;
mod names;
mod raised;
mod references;
mod tables;
mod tag;
mod tags;

use kiskadee_shared::text_format::TextFormat;

use self::{decoded::Decoded, marked::Marked};
use crate::Document;

/// How sure it must be that something is a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// The text may be prose of any kind.
    Careful,
    Markdown,
    Html,
}

/// A text in one of the formats with such marks.
pub(crate) fn read(text: &str, format: TextFormat) -> Document {
    let manner = match format {
        TextFormat::Html => Manner::Html,
        TextFormat::Markdown => Manner::Markdown,
        _ => Manner::Careful,
    };
    let decoded = Decoded::of(text, manner);
    let mut marked = Marked::of(&decoded.text);
    decoded.protect(&mut marked);
    if manner != Manner::Html {
        front::mark(&mut marked);
        code::mark(&mut marked, manner);
    }
    tags::mark(&mut marked, manner);
    if manner != Manner::Html {
        tables::mark(&mut marked);
        lines::mark(&mut marked, manner);
        links::mark(&mut marked, manner);
        emphasis::mark(&mut marked, manner);
    }
    Document {
        pieces: marked.pieces(&decoded, manner == Manner::Html),
        ..Document::default()
    }
}
