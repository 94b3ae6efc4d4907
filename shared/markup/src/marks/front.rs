//! Front matter: what programs are to know of a text, before it begins.

use super::marked::Marked;

/// Lines that it has at most.
const MOST_LINES: usize = 100;

/// Leaves out lines of `name: value` between two lines of dashes at the very beginning.
pub(super) fn mark(marked: &mut Marked<'_>) {
    let mut lines = marked.lines().take(MOST_LINES);
    let is_rule = |line: &str| matches!(line.trim_end(), "---" | "+++");
    let text = marked.text;
    let written = |line: std::ops::Range<usize>| text.get(line).unwrap_or_default();
    if !lines.next().is_some_and(|line| is_rule(written(line))) {
        return;
    }
    let mut has_members = false;
    for line in lines {
        let (end, line) = (line.end, written(line));
        if is_rule(line) || line.trim_end() == "..." {
            if has_members {
                marked.cut(0..end);
            }
            return;
        }
        has_members |= is_member(line);
        if !is_member(line) && !line.starts_with([' ', '\t', '#', '-']) && !line.trim().is_empty() {
            return;
        }
    }
}

fn is_member(line: &str) -> bool {
    let name = line.split([':', '=']).next().unwrap_or_default();
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ' ' | '.');
    name.len() < line.len()
        && !name.is_empty()
        && name.chars().all(is_name)
        && !name.starts_with(' ')
}
