//! Tables of Markdown: a row is a sentence, and a cell is apart from the next.

use std::ops::Range;

use super::{marked::Marked, tags::APART};
use crate::Piece;

pub(super) fn mark(marked: &mut Marked<'_>) {
    let lines: Vec<Range<usize>> = marked.lines().collect();
    let mut in_table = false;
    for (index, line) in lines.iter().enumerate() {
        let written = marked.text.get(line.clone()).unwrap_or_default();
        if is_rule(written) && marked.is_open(line.start) && index > 0 {
            let head = lines.get(index - 1).cloned().unwrap_or_default();
            if marked
                .text
                .get(head.clone())
                .is_some_and(|head| head.contains('|'))
            {
                in_table = true;
                row(marked, &head);
                marked.cut(line.clone());
                continue;
            }
        }
        in_table &= written.contains('|');
        if in_table {
            row(marked, line);
        }
    }
}

/// `|---|:-:|`
fn is_rule(line: &str) -> bool {
    line.contains('|')
        && line.contains('-')
        && line
            .bytes()
            .all(|b| matches!(b, b'|' | b'-' | b':' | b' ' | b'\t'))
}

fn row(marked: &mut Marked<'_>, line: &Range<usize>) {
    marked.insert(line.start, Piece::SentenceEdge);
    let written = marked.text.get(line.clone()).unwrap_or_default();
    let start = line.start + (written.len() - written.trim_start().len());
    let end = line.start + written.trim_end().len();
    for (at, _) in written.match_indices('|') {
        let at = line.start + at;
        if !marked.is_open(at) {
            continue;
        }
        marked.cut(at..at + 1);
        if at > start && at + 1 < end {
            marked.insert(at, Piece::Pause(APART));
        }
    }
    marked.insert(line.end, Piece::SentenceEdge);
}
