//! What is known of each byte of a text while its marks are looked for.

use std::ops::Range;

use super::decoded::{Decoded, written};
use crate::Piece;

/// What a byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// A mark or text, as it looks.
    Open,
    /// Text, whatever it looks like.
    Kept,
    /// Not said.
    Cut,
}

/// Something that is said, or not, between two bytes.
#[derive(Debug)]
enum Insert {
    Piece(Piece),
    /// Words for these bytes of the text.
    Words(String, Range<usize>),
}

#[derive(Debug)]
pub(super) struct Marked<'a> {
    pub(super) text: &'a str,
    states: Vec<State>,
    inserts: Vec<(usize, Insert)>,
}

impl<'a> Marked<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self {
            text,
            states: vec![State::Open; text.len()],
            inserts: Vec::new(),
        }
    }

    /// Leaves out these bytes, which are whole characters.
    pub(super) fn cut(&mut self, range: Range<usize>) {
        if let Some(states) = self.states.get_mut(range) {
            states.fill(State::Cut);
        }
    }

    /// Takes these bytes for text, but for those that were left out.
    pub(super) fn keep(&mut self, range: Range<usize>) {
        let states = self.states.get_mut(range).unwrap_or_default();
        for state in states.iter_mut().filter(|state| **state == State::Open) {
            *state = State::Kept;
        }
    }

    /// The byte may still be a mark.
    pub(super) fn is_open(&self, at: usize) -> bool {
        self.states.get(at) == Some(&State::Open)
    }

    pub(super) fn is_cut(&self, at: usize) -> bool {
        self.states.get(at) == Some(&State::Cut)
    }

    /// A pause or an edge before a byte. There is nothing to part before the first.
    pub(super) fn insert(&mut self, at: usize, piece: Piece) {
        if at == 0 && matches!(piece, Piece::SentenceEdge | Piece::ParagraphEdge) {
            return;
        }
        self.inserts.push((at, Insert::Piece(piece)));
    }

    /// Words in the place of these bytes.
    pub(super) fn replace(&mut self, range: Range<usize>, words: &str) {
        self.cut(range.clone());
        self.inserts
            .push((range.start, Insert::Words(words.to_owned(), range)));
    }

    pub(super) fn rest(&self, at: usize) -> &'a str {
        self.text.get(at..).unwrap_or_default()
    }

    /// The character before a byte.
    pub(super) fn before(&self, at: usize) -> Option<char> {
        self.text.get(..at)?.chars().next_back()
    }

    pub(super) fn at(&self, at: usize) -> Option<char> {
        self.rest(at).chars().next()
    }

    /// The lines, with where they stand; their ends are not part of them.
    pub(super) fn lines(&self) -> impl Iterator<Item = Range<usize>> + use<'a> {
        let mut from = 0;
        self.text.split_inclusive('\n').map(move |line| {
            let start = from;
            from += line.len();
            start..start + line.trim_end_matches(['\n', '\r']).len()
        })
    }

    /// What remains, in order. In one line, ends of lines are blanks.
    pub(super) fn pieces(mut self, decoded: &Decoded, is_one_line: bool) -> Vec<Piece> {
        self.inserts.sort_by_key(|(at, _)| *at);
        let mut pieces = Vec::new();
        let mut inserts = std::mem::take(&mut self.inserts).into_iter().peekable();
        let mut from = 0;
        for at in 0..=self.text.len() {
            let is_cut = self.is_cut(at);
            if !is_cut
                && inserts.peek().is_none_or(|(place, _)| *place > at)
                && at < self.text.len()
            {
                continue;
            }
            decoded.push_texts(&(from..at), is_one_line, &mut pieces);
            while let Some((_, insert)) = inserts.next_if(|(place, _)| *place <= at) {
                pieces.push(match insert {
                    Insert::Piece(piece) => piece,
                    Insert::Words(words, range) => written(words, decoded.source(&range)),
                });
            }
            from = if is_cut { at + 1 } else { at };
        }
        pieces
    }
}
