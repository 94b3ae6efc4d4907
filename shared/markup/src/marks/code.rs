//! Code of Markdown: its fences and ticks are marks, and what they frame is text, whatever it looks like. Escapes, too.

use std::{collections::HashMap, ops::Range};

use super::{Manner, marked::Marked};
use crate::Piece;

/// Signs that a backslash takes the meaning from.
const ESCAPED: &str = "*_`~#[]>|=";
const ESCAPED_IN_MARKDOWN: &str = "\\!\"$%&'()+,-./:;<?@^{}";

pub(super) fn mark(marked: &mut Marked<'_>, manner: Manner) {
    fences(marked);
    escapes(marked, manner);
    spans(marked, manner);
}

fn fences(marked: &mut Marked<'_>) {
    let mut open: Option<(&str, usize)> = None;
    for line in marked.lines() {
        let written = marked.text.get(line.clone()).unwrap_or_default().trim();
        let mark = fence(written);
        match open {
            None => {
                if let Some(mark) =
                    mark.filter(|mark| !written.get(mark.len()..).unwrap_or_default().contains('`'))
                {
                    open = Some((mark, line.start));
                    marked.insert(line.start, Piece::ParagraphEdge);
                    marked.cut(line);
                }
            }
            Some((mark, _)) if is_end(written, mark) => {
                open = None;
                marked.insert(line.start, Piece::ParagraphEdge);
                marked.cut(line);
            }
            Some(_) => {
                marked.insert(line.start, Piece::SentenceEdge);
                marked.keep(line);
            }
        }
    }
}

/// The mark that a line of code is fenced by.
fn fence(line: &str) -> Option<&str> {
    let mark = |c: char| line.get(..line.len() - line.trim_start_matches(c).len());
    ['`', '~']
        .into_iter()
        .filter_map(mark)
        .find(|mark| mark.len() >= 3)
}

fn is_end(line: &str, mark: &str) -> bool {
    line.starts_with(mark)
        && line
            .trim_start_matches(mark.get(..1).unwrap_or_default())
            .is_empty()
}

fn escapes(marked: &mut Marked<'_>, manner: Manner) {
    let text = marked.text;
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|rest| rest.find('\\')) {
        let at = from + found;
        from = at + 1;
        let Some(next) = marked.at(from) else {
            return;
        };
        let is_escaped = ESCAPED.contains(next)
            || manner == Manner::Markdown && (ESCAPED_IN_MARKDOWN.contains(next) || next == '\n');
        if is_escaped && marked.is_open(at) {
            marked.cut(at..from);
            marked.keep(from..from + next.len_utf8());
            from += next.len_utf8();
        }
    }
}

fn spans(marked: &mut Marked<'_>, manner: Manner) {
    let runs = runs(marked);
    let mut places: HashMap<usize, Vec<usize>> = HashMap::new();
    for (index, (run, _)) in runs.iter().enumerate().rev() {
        places.entry(run.len()).or_default().push(index);
    }
    let mut next = 0;
    for (index, (run, paragraph)) in runs.iter().enumerate() {
        let Some(of_length) = places.get_mut(&run.len()) else {
            continue;
        };
        while of_length.last().is_some_and(|place| *place <= index) {
            of_length.pop();
        }
        let end = of_length
            .last()
            .and_then(|place| Some((*place, runs.get(*place)?)));
        let Some((place, (end, of))) = end.filter(|_| index >= next) else {
            continue;
        };
        if of == paragraph && (manner == Manner::Markdown || is_apart(marked, run, end)) {
            marked.cut(run.clone());
            marked.keep(run.end..end.start);
            marked.cut(end.clone());
            next = place + 1;
        }
    }
}

/// Runs of ticks, each with the number of its paragraph.
fn runs(marked: &Marked<'_>) -> Vec<(Range<usize>, usize)> {
    let (mut runs, mut paragraph) = (Vec::new(), 0);
    for line in marked.lines() {
        let written = marked.text.get(line.clone()).unwrap_or_default();
        paragraph += usize::from(written.trim().is_empty());
        let mut from = 0;
        while let Some(found) = written.get(from..).and_then(|rest| rest.find('`')) {
            let start = from + found;
            let rest = written.get(start..).unwrap_or_default();
            from = start + (rest.len() - rest.trim_start_matches('`').len());
            if marked.is_open(line.start + start) {
                runs.push((line.start + start..line.start + from, paragraph));
            }
        }
    }
    runs
}

/// No tick stands for an apostrophe.
fn is_apart(marked: &Marked<'_>, start: &Range<usize>, end: &Range<usize>) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    !is_word(marked.before(start.start)) && !is_word(marked.at(end.end))
}
