//! Stretches of a document between the edges of sentences, as plain text that knows where it stands in the input.

use std::{iter::Peekable, ops::Range, slice::Iter, time::Duration};

use kiskadee_markup::{Piece, SayAs, Saying, Text};

/// Words that stand for what is said by phones or in a way of its own, so that their neighbours are read as beside any
/// word. They differ in case, since what follows a full stop tells whether a sentence ended.
const STAND_INS: [&str; 2] = ["lamo", "Lamo"];

/// Text that is read in one go.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) text: String,
    /// In the order of the text, without overlaps.
    pub(super) parts: Vec<Part>,
    /// Silence, and the bytes of the text before it.
    pub(super) pauses: Vec<(usize, Duration)>,
    pub(super) ends_paragraph: bool,
    /// The next letter begins a word of its own.
    is_cut: bool,
}

/// A stretch of a block that comes from one place.
#[derive(Debug)]
pub(super) struct Part {
    /// In the block's text.
    pub(super) range: Range<usize>,
    pub(super) origin: Text,
}

impl Block {
    /// The blocks of a document in order, some of them without text.
    pub(super) fn all(pieces: Vec<Piece>) -> Vec<Self> {
        let mut blocks = vec![Self::default()];
        for piece in pieces {
            let Some(block) = blocks.last_mut() else {
                break;
            };
            match piece {
                Piece::Text(text) => block.push(text),
                Piece::Pause(pause) => block.pause(pause),
                Piece::SentenceEdge => blocks.push(Self::default()),
                Piece::ParagraphEdge => {
                    block.ends_paragraph = true;
                    blocks.push(Self::default());
                }
            }
        }
        blocks
    }

    fn push(&mut self, origin: Text) {
        let written = match &origin.saying {
            Saying::Written => origin.text.as_str(),
            Saying::Alias(alias) => alias,
            Saying::Phones(_) | Saying::As(_) => {
                let is_upper = origin.text.trim_start().starts_with(char::is_uppercase);
                STAND_INS[usize::from(is_upper)]
            }
        };
        let is_apart = origin.saying != Saying::Written;
        if (self.is_cut || is_apart)
            && self.text.ends_with(char::is_alphanumeric)
            && written.starts_with(char::is_alphanumeric)
        {
            self.text.push(' ');
        }
        self.is_cut = is_apart;
        let start = self.text.len();
        self.text.push_str(written);
        self.parts.push(Part {
            range: start..self.text.len(),
            origin,
        });
    }

    fn pause(&mut self, pause: Duration) {
        self.pauses.push((self.text.len(), pause));
        self.is_cut = true;
    }

    /// The part that a byte of the text stands in.
    pub(super) fn part(&self, at: usize) -> Option<&Part> {
        let index = self.parts.partition_point(|part| part.range.end <= at);
        self.parts
            .get(index)
            .filter(|part| part.range.contains(&at))
    }

    /// The bytes of the input that a range of the text stands for.
    pub(super) fn source(&self, range: &Range<usize>) -> Range<usize> {
        let first = self.part(range.start).map(|part| part.source(range.start));
        let last = range.end.checked_sub(1);
        let last = last.and_then(|at| self.part(at).map(|part| part.source(at)));
        match (first, last) {
            (Some(first), Some(last)) => first.start..last.end.max(first.start),
            _ => 0..0,
        }
    }

    /// The block for an engine that takes plain text.
    pub(super) fn written(&self) -> String {
        let mut written = String::new();
        let mut pauses = self.pauses.iter().peekable();
        for part in &self.parts {
            while pauses.next_if(|(at, _)| *at <= part.range.start).is_some() {
                pause_in(&mut written);
            }
            part.write(&mut written);
        }
        written.trim().to_owned()
    }

    /// Appends the block as [`Self::written`] does, but where a pause has a length, a new stretch begins.
    pub(super) fn write_paused(&self, stretches: &mut Vec<(String, Duration)>) {
        let mut pauses = self.pauses.iter().peekable();
        let pause_before = |at: usize, pauses: &mut Peekable<Iter<'_, (usize, Duration)>>| {
            let mut pause = Duration::ZERO;
            while let Some((_, length)) = pauses.next_if(|(place, _)| *place <= at) {
                pause += *length;
            }
            pause
        };
        for part in &self.parts {
            let pause = pause_before(part.range.start, &mut pauses);
            end_stretch(stretches, pause);
            if let Some((written, _)) = stretches.last_mut() {
                part.write(written);
            }
        }
        end_stretch(stretches, pause_before(usize::MAX, &mut pauses));
        if let Some((written, _)) = stretches.last_mut() {
            written.push_str("\n\n");
        }
    }
}

/// A mark for a pause, where there is none.
fn pause_in(written: &mut String) {
    written.truncate(written.trim_end().len());
    if written.ends_with(char::is_alphanumeric) {
        written.push(',');
    }
    written.push(' ');
}

/// A pause ends the last stretch, or is added to the one that the text before it has.
fn end_stretch(stretches: &mut Vec<(String, Duration)>, pause: Duration) {
    if pause.is_zero() {
        return;
    }
    if let Some((_, silence)) = stretches.last_mut() {
        *silence += pause;
    }
    stretches.push((String::new(), Duration::ZERO));
}

impl Part {
    fn write(&self, written: &mut String) {
        if self.origin.saying != Saying::Written && written.ends_with(char::is_alphanumeric) {
            written.push(' ');
        }
        written.push_str(&self.written());
    }

    fn source(&self, at: usize) -> Range<usize> {
        match self.origin.saying {
            Saying::Written => self.origin.source_of(at - self.range.start),
            _ => self.origin.source.clone(),
        }
    }

    fn written(&self) -> String {
        let text = self.origin.text.as_str();
        match &self.origin.saying {
            Saying::Written | Saying::Phones(_) | Saying::As(SayAs::Ordinal) => text.to_owned(),
            Saying::Alias(alias) => alias.clone(),
            Saying::As(SayAs::Characters) => apart(text.chars().filter(|c| !c.is_whitespace())),
            Saying::As(SayAs::Digits | SayAs::Telephone) => {
                apart(text.chars().filter(char::is_ascii_digit))
            }
            Saying::As(SayAs::Cardinal) => {
                let is_figure = |c: &char| c.is_ascii_digit() || *c == '-';
                text.chars().filter(is_figure).collect()
            }
        }
    }
}

fn apart(chars: impl Iterator<Item = char>) -> String {
    chars.map(String::from).collect::<Vec<_>>().join(" ")
}
