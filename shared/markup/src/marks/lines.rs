//! What stands at the beginning of a line in Markdown: headings, lists, quotes, rules, definitions.

use std::ops::Range;

use super::{Manner, links::Definition, marked::Marked};
use crate::Piece;

/// What the line before was, as far as it tells what the next one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Blank,
    Item,
    /// Prose that goes on.
    Prose,
    /// Prose behind which something new begins.
    Ended,
}

/// Marks of items.
const BULLETS: [char; 7] = ['-', '*', '+', '•', '‣', '◦', '▪'];

pub(super) fn mark(marked: &mut Marked<'_>, manner: Manner) {
    let mut before = Line::Blank;
    for line in marked.lines().collect::<Vec<_>>() {
        if marked.is_cut(line.start) && !marked.is_cut(line.end.saturating_sub(1))
            || !line.is_empty() && !is_markable(marked, &line)
        {
            before = Line::Ended;
            continue;
        }
        before = read(marked, manner, line, before);
    }
}

/// Something of the line may still be a mark.
fn is_markable(marked: &Marked<'_>, line: &Range<usize>) -> bool {
    let written = marked.text.get(line.clone()).unwrap_or_default();
    let first = line.start + (written.len() - written.trim_start().len());
    first >= line.end || marked.is_open(first) || marked.is_cut(first)
}

fn read(marked: &mut Marked<'_>, manner: Manner, line: Range<usize>, before: Line) -> Line {
    let mut start = line.start;
    let is_new = before != Line::Prose || manner == Manner::Markdown;
    start = quote(marked, manner, start, line.end);
    let written = marked.text.get(start..line.end).unwrap_or_default();
    let text = written.trim_start();
    start += written.len() - text.len();
    if text.trim_end().is_empty() {
        return Line::Blank;
    }
    if is_rule(text) && marked.is_open(start) {
        marked.cut(start..line.end);
        marked.insert(start, Piece::ParagraphEdge);
        return Line::Blank;
    }
    if let Some(length) = heading(text, manner).filter(|_| marked.is_open(start)) {
        marked.cut(start..start + length);
        let closing = text.trim_end().trim_end_matches('#');
        if closing.ends_with(' ') {
            marked.cut(start + closing.len()..start + text.trim_end().len());
        }
        marked.insert(line.start, Piece::ParagraphEdge);
        marked.insert(line.end, Piece::ParagraphEdge);
        return Line::Ended;
    }
    if let Some(definition) = Definition::read(text, manner) {
        marked.insert(line.start, Piece::ParagraphEdge);
        marked.cut(start..definition.end(start, line.end));
        marked.insert(line.end, Piece::ParagraphEdge);
        return Line::Ended;
    }
    if let Some(item) = Item::read(text, manner).filter(|item| item.is_item(marked, start, is_new))
    {
        marked.cut(start..start + item.cut);
        if let Some(task) = task(text.get(item.length..).unwrap_or_default()) {
            marked.cut(start + item.length..start + item.length + task);
        }
        marked.insert(line.start, Piece::SentenceEdge);
        return Line::Item;
    }
    if let Some(length) = task(text).filter(|_| is_new && marked.is_open(start)) {
        marked.cut(start..start + length);
        marked.insert(line.start, Piece::SentenceEdge);
        return Line::Item;
    }
    if text
        .trim_end()
        .ends_with(['.', ':', ';', '!', '?', ',', '…'])
    {
        Line::Ended
    } else if before == Line::Item {
        Line::Item
    } else {
        Line::Prose
    }
}

/// Leaves out the marks of a quote, and gives where the rest begins.
fn quote(marked: &mut Marked<'_>, manner: Manner, line: usize, end: usize) -> usize {
    let mut start = line;
    loop {
        let written = marked.text.get(start..end).unwrap_or_default();
        let text = written.trim_start();
        let at = start + (written.len() - text.len());
        let Some(rest) = text.strip_prefix('>').filter(|_| marked.is_open(at)) else {
            return start;
        };
        // A comparison has a number behind its sign.
        let is_quote = manner == Manner::Markdown
            || rest.is_empty()
            || rest.starts_with('>')
            || rest.starts_with(' ')
                && !rest.trim_start().starts_with(|c: char| c.is_ascii_digit())
            || rest.starts_with(char::is_alphabetic);
        if !is_quote {
            return start;
        }
        marked.cut(at..at + 1);
        start = at + 1;
    }
}

/// `---`, `* * *`, `===`
fn is_rule(text: &str) -> bool {
    let mut signs = text.chars().filter(|c| !c.is_whitespace());
    let Some(first) = signs
        .next()
        .filter(|c| matches!(c, '-' | '*' | '_' | '=' | '~'))
    else {
        return false;
    };
    let mut count = 1;
    signs.all(|c| {
        count += 1;
        c == first
    }) && count >= 3
}

/// How long the mark of a heading is. `# 5` may be a number, and `# of users` is one.
fn heading(text: &str, manner: Manner) -> Option<usize> {
    let rest = text.trim_start_matches('#');
    let depth = text.len() - rest.len();
    let title = rest.trim_start();
    let is_heading = (1..=6).contains(&depth) && rest.starts_with([' ', '\t']) && !title.is_empty();
    let is_number = title.starts_with(|c: char| c.is_ascii_digit()) || title.starts_with("of ");
    let may_be_number = depth == 1 && is_number;
    (is_heading && (manner == Manner::Markdown || !may_be_number))
        .then_some(text.len() - title.len())
}

/// The mark of an item, with the blank behind it.
struct Item {
    /// Of it, what is left out: numbers are said.
    cut: usize,
    length: usize,
    /// It may be the sign of a number, or begin what somebody says.
    is_doubtful: bool,
}

impl Item {
    fn read(text: &str, manner: Manner) -> Option<Self> {
        let bare = text.trim_start_matches(BULLETS);
        let bullet = text
            .get(..text.len() - bare.len())
            .filter(|mark| mark.chars().count() == 1);
        if bullet.is_some() {
            let content = bare.trim_start();
            let length = text.len() - content.len();
            let is_number = content.starts_with(|c: char| c.is_ascii_digit());
            return (bare.starts_with([' ', '\t']) && !content.is_empty()).then_some(Self {
                cut: length,
                length,
                is_doubtful: is_number
                    && manner != Manner::Markdown
                    && text.starts_with(['-', '+']),
            });
        }
        let number = text.bytes().take_while(u8::is_ascii_digit).count();
        let rest = text.get(number..)?.strip_prefix(['.', ')'])?;
        let content = rest.trim_start();
        ((1..=3).contains(&number) && rest.starts_with(' ') && !content.is_empty()).then_some(
            Self {
                cut: 0,
                length: text.len() - content.len(),
                is_doubtful: false,
            },
        )
    }

    fn is_item(&self, marked: &Marked<'_>, start: usize, is_new: bool) -> bool {
        is_new && !self.is_doubtful && marked.is_open(start)
    }
}

/// `[ ] ` and `[x] `
fn task(text: &str) -> Option<usize> {
    ["[ ] ", "[x] ", "[X] ", "[-] "]
        .iter()
        .find(|mark| text.starts_with(**mark))
        .map(|mark| mark.len())
}
