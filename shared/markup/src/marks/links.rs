//! Links, pictures and references of Markdown: their words are said, and their addresses are not.

use std::{collections::HashSet, ops::Range};

use super::{Manner, marked::Marked, references};

/// The longest address, in bytes.
const MOST_BYTES: usize = 2048;
/// The longest name of an address, in bytes.
const MOST_NAME: usize = 256;
/// Brackets inside each other.
const MOST_DEPTH: usize = 64;
/// What of the text before a mark tells what it is, in bytes.
const BEFORE: usize = 48;

/// `[name]: address` or `[^name]: note` at the beginning of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Definition<'a> {
    name: &'a str,
    /// How long the mark of a note is; none for an address.
    note: Option<usize>,
}

impl<'a> Definition<'a> {
    pub(super) fn read(line: &'a str, manner: Manner) -> Option<Self> {
        let (name, rest) = line.strip_prefix('[')?.split_once("]:")?;
        if name.is_empty() || name.contains(['[', ']']) {
            return None;
        }
        let rest = rest.trim();
        if let Some(note) = name.strip_prefix('^') {
            let length = line.len() - line.get(name.len() + 3..)?.trim_start().len();
            return Some(Self {
                name: note,
                note: Some(length),
            });
        }
        let address = rest.split_whitespace().next()?;
        let title = rest.get(address.len()..)?.trim();
        let is_title = title.is_empty() || title.starts_with(['"', '\'', '(']);
        (is_title && (manner == Manner::Markdown || is_address(address)))
            .then_some(Self { name, note: None })
    }

    /// Where what is left out of the line ends, which stands from `start` to `end`.
    pub(super) fn end(&self, start: usize, end: usize) -> usize {
        self.note.map_or(end, |length| start + length)
    }
}

pub(super) fn mark(marked: &mut Marked<'_>, manner: Manner) {
    let mut names: HashSet<String> = HashSet::new();
    for line in marked.lines() {
        let line = marked.text.get(line).unwrap_or_default().trim();
        if let Some(Definition { name, note: None }) = Definition::read(line, manner) {
            names.insert(name.to_lowercase());
        }
    }
    let mut reader = Reader {
        marked,
        manner,
        names,
    };
    let mut open: Vec<usize> = Vec::new();
    let text = reader.marked.text;
    for (at, bracket) in text.match_indices(['[', ']']) {
        if !reader.marked.is_open(at) {
            continue;
        }
        if bracket == "[" {
            if open.len() >= MOST_DEPTH {
                open.remove(0);
            }
            open.push(at);
        } else if let Some(start) = open.pop() {
            reader.read(start..at + 1);
        }
    }
}

struct Reader<'m, 'a> {
    marked: &'m mut Marked<'a>,
    manner: Manner,
    /// Of addresses that stand elsewhere in the text, in lower case.
    names: HashSet<String>,
}

impl Reader<'_, '_> {
    /// What stands in brackets, with them.
    fn read(&mut self, at: Range<usize>) {
        let inside = self
            .marked
            .text
            .get(at.start + 1..at.end - 1)
            .unwrap_or_default();
        let after = self.marked.rest(at.end);
        if let Some(length) = address(after, self.manner) {
            return self.unwrap(&at, at.end + length);
        }
        if let Some(name) = after
            .strip_prefix('[')
            .and_then(|name| name.get(..name.bytes().take(MOST_NAME).position(|b| b == b']')?))
        {
            let wanted = if name.is_empty() { inside } else { name };
            if self.is_name(wanted) {
                return self.unwrap(&at, at.end + name.len() + 2);
            }
        }
        if inside.starts_with('^') && inside.len() > 1 && !inside.contains(char::is_whitespace) {
            return self.drop(at);
        }
        if self.is_page(&at) {
            let label = inside.find('|').map_or(0, |found| found + 1);
            self.marked.cut(at.start - 1..at.start + 1 + label);
            self.marked.cut(at.end - 1..at.end + 1);
            return;
        }
        if self.is_name(inside) {
            return self.unwrap(&at, at.end);
        }
        let start = at.start.saturating_sub(BEFORE);
        let start = (start..=at.start).find(|start| self.marked.text.is_char_boundary(*start));
        let before = self
            .marked
            .text
            .get(start.unwrap_or(at.start)..at.start)
            .unwrap_or_default();
        // Of several marks in a row, the first tells.
        let first = before.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '[' | ']'));
        let before = if before.ends_with(']') { first } else { before };
        if references::is_mark(inside, before, after) {
            self.drop(at);
        }
    }

    fn is_name(&self, words: &str) -> bool {
        words.len() <= MOST_NAME && self.names.contains(&words.to_lowercase())
    }

    /// `[[Page]]`, `[[Page|words]]`
    fn is_page(&self, at: &Range<usize>) -> bool {
        self.marked.before(at.start) == Some('[') && self.marked.at(at.end) == Some(']')
    }

    /// Leaves out all but what is in the brackets. A picture has a mark before them.
    fn unwrap(&mut self, at: &Range<usize>, end: usize) {
        let is_picture = at.start > 0
            && self.marked.before(at.start) == Some('!')
            && self.marked.is_open(at.start - 1);
        self.marked
            .cut(at.start - usize::from(is_picture)..at.start + 1);
        self.marked.cut(at.end - 1..end);
    }

    /// Leaves out all, with the blank before it.
    fn drop(&mut self, at: Range<usize>) {
        let is_after_blank = self.marked.before(at.start) == Some(' ');
        self.marked
            .cut(at.start - usize::from(is_after_blank)..at.end);
    }
}

/// How long the address in brackets is that follows the words of a link.
fn address(after: &str, manner: Manner) -> Option<usize> {
    let inside = after.strip_prefix('(')?;
    let bytes = inside.as_bytes();
    let blanks = |from: usize| {
        bytes
            .iter()
            .skip(from)
            .take_while(|b| b.is_ascii_whitespace())
            .count()
    };
    let start = blanks(0);
    let (target, mut at) = if bytes.get(start) == Some(&b'<') {
        let length = bytes
            .iter()
            .skip(start)
            .take(MOST_BYTES)
            .position(|b| *b == b'>')?;
        (inside.get(start + 1..start + length)?, start + length + 1)
    } else {
        let end = start + unbracketed(bytes.get(start..)?)?;
        (inside.get(start..end)?, end)
    };
    at += blanks(at);
    if let Some(quote) = bytes
        .get(at)
        .filter(|quote| matches!(quote, b'"' | b'\'' | b'('))
    {
        let closing = if *quote == b'(' { b')' } else { *quote };
        at += 2 + bytes
            .iter()
            .skip(at + 1)
            .take(MOST_BYTES)
            .position(|b| *b == closing)?;
        at += blanks(at);
    }
    let is_whole = bytes.get(at) == Some(&b')');
    (is_whole && (manner == Manner::Markdown || target.is_empty() || is_address(target)))
        .then_some(at + 2)
}

/// How long an address without brackets of its own is: to a blank, or to a closing bracket that it did not open.
fn unbracketed(bytes: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in bytes.iter().enumerate().take(MOST_BYTES) {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return Some(at),
            b')' => depth -= 1,
            b if b.is_ascii_whitespace() => return Some(at),
            _ => (),
        }
    }
    None
}

/// Looks like an address, and not like a remark.
fn is_address(text: &str) -> bool {
    text.contains(['/', '.', '#', ':', '@', '?']) && !text.ends_with(['.', '?', ':'])
}
