//! A text with its entities as the characters that they stand for.

use std::ops::Range;

use super::{Manner, entities, marked::Marked};
use crate::{Piece, Saying, Style, Text};

/// A character that was written as an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entity {
    /// In the decoded text.
    at: Range<usize>,
    /// In the input.
    source: Range<usize>,
    /// Stands for itself, whatever it looks like.
    is_literal: bool,
}

#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) text: String,
    /// In the order of the text.
    entities: Vec<Entity>,
}

impl Decoded {
    pub(super) fn of(text: &str, manner: Manner) -> Self {
        let mut decoded = Self {
            text: String::with_capacity(text.len()),
            entities: Vec::new(),
        };
        let mut from = 0;
        while let Some(found) = text.get(from..).and_then(|rest| rest.find('&')) {
            let at = from + found;
            decoded
                .text
                .push_str(text.get(from..at).unwrap_or_default());
            let rest = text.get(at + 1..).unwrap_or_default();
            from = at + 1;
            if let Some((character, length)) = entities::read(rest) {
                from += length;
                decoded.push(&character, at..from, manner);
            } else {
                decoded.text.push('&');
            }
        }
        decoded.text.push_str(text.get(from..).unwrap_or_default());
        decoded
    }

    fn push(&mut self, character: &str, source: Range<usize>, manner: Manner) {
        let start = self.text.len();
        self.text.push_str(character);
        // Tags that were escaped once more than they should are tags to a reader.
        let may_be_tag = matches!(character, "<" | ">" | "\"" | "'" | "/" | "&");
        self.entities.push(Entity {
            at: start..self.text.len(),
            source,
            is_literal: manner != Manner::Careful || !may_be_tag,
        });
    }

    /// Says which characters are no marks.
    pub(super) fn protect(&self, marked: &mut Marked<'_>) {
        for entity in self.entities.iter().filter(|entity| entity.is_literal) {
            marked.keep(entity.at.clone());
        }
    }

    /// The bytes of the input that a range of the text stands for.
    pub(super) fn source(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.source_at(range.start).start;
        let end = range
            .end
            .checked_sub(1)
            .map_or(start, |last| self.source_at(last).end);
        start..end.max(start)
    }

    fn source_at(&self, at: usize) -> Range<usize> {
        let behind = self
            .entities
            .partition_point(|entity| entity.at.start <= at);
        match behind
            .checked_sub(1)
            .and_then(|last| self.entities.get(last))
        {
            Some(entity) if at < entity.at.end => entity.source.clone(),
            Some(entity) => {
                let place = entity.source.end + (at - entity.at.end);
                place..place + 1
            }
            None => at..at + 1,
        }
    }

    /// Appends what stands in a range of the text: a piece for what is written as it is, and one for each entity.
    pub(super) fn push_texts(
        &self,
        range: &Range<usize>,
        is_one_line: bool,
        pieces: &mut Vec<Piece>,
    ) {
        let first = self
            .entities
            .partition_point(|entity| entity.at.end <= range.start);
        let mut from = range.start;
        for entity in self.entities.get(first..).unwrap_or_default() {
            if entity.at.start >= range.end {
                break;
            }
            self.push_text(&(from..entity.at.start), is_one_line, pieces);
            self.push_text(&entity.at, is_one_line, pieces);
            from = entity.at.end;
        }
        self.push_text(&(from..range.end), is_one_line, pieces);
    }

    fn push_text(&self, range: &Range<usize>, is_one_line: bool, pieces: &mut Vec<Piece>) {
        let Some(text) = self.text.get(range.clone()).filter(|text| !text.is_empty()) else {
            return;
        };
        let text = if is_one_line {
            text.replace(['\n', '\r'], " ")
        } else {
            text.to_owned()
        };
        pieces.push(written(text, self.source(range)));
    }
}

/// A piece that is read as any text.
pub(super) fn written(text: String, source: Range<usize>) -> Piece {
    Piece::Text(Text {
        text,
        source,
        style: Style::default(),
        saying: Saying::Written,
    })
}
