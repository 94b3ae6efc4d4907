//! Marks around words: `**bold**`, `_italic_`, `~~gone~~`, `==marked==`.

use std::ops::Range;

use super::{Manner, marked::Marked};

/// Signs that such marks are made of, with how many there must be at least and at most.
const SIGNS: [(char, usize, usize); 4] = [('*', 1, 3), ('_', 1, 3), ('~', 2, 2), ('=', 2, 2)];
/// What may stand before a mark that opens, beside blanks, and behind one that closes.
const OPENING: &str = "([{<>\"'“‘«¿¡*_~=-–—/|:;,.!?";
const CLOSING: &str = ")]}<>\"'”’»*_~=-–—/|:;,.!?…";

/// Signs in a row.
struct Run {
    at: Range<usize>,
    /// Which blank it is behind: within a word, marks belong together.
    word: usize,
    is_within: bool,
    /// Where the last letter or figure before it stands.
    letter: usize,
}

pub(super) fn mark(marked: &mut Marked<'_>, manner: Manner) {
    let mut open: [Vec<Run>; 4] = Default::default();
    let (mut word, mut at, mut letter, mut is_blank_line) = (0, 0, 0, false);
    while let Some(c) = marked.at(at) {
        if let Some(length) = link(marked, at) {
            letter = at;
            at += length;
            continue;
        }
        if c.is_whitespace() {
            word += 1;
            if c == '\n' && std::mem::replace(&mut is_blank_line, true) {
                open.iter_mut().for_each(Vec::clear);
            }
        } else {
            is_blank_line = false;
        }
        if c.is_alphanumeric() {
            letter = at;
        }
        let sign = SIGNS
            .iter()
            .zip(&mut open)
            .find(|((sign, ..), _)| *sign == c && marked.is_open(at));
        let Some(((_, least, most), open)) = sign else {
            at += c.len_utf8();
            continue;
        };
        let rest = marked.rest(at);
        let run = at..at + (rest.len() - rest.trim_start_matches(c).len());
        at = run.end;
        if (*least..=*most).contains(&run.len()) {
            read(
                marked,
                manner,
                Run {
                    at: run,
                    word,
                    is_within: false,
                    letter,
                },
                c,
                open,
            );
        }
    }
}

/// How long the address is that begins here: nothing in it is a mark.
fn link(marked: &Marked<'_>, at: usize) -> Option<usize> {
    let rest = marked.rest(at);
    let begins = ["http://", "https://", "www."]
        .iter()
        .any(|start| rest.starts_with(start));
    if !begins || marked.before(at).is_some_and(char::is_alphanumeric) {
        return None;
    }
    let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | ')' | ']' | '"'));
    let link = rest.get(..end.unwrap_or(rest.len()))?;
    // Marks around the address are behind it.
    Some(
        link.trim_end_matches(['*', '_', '~', '=', '.', ','])
            .len()
            .max(1),
    )
}

fn read(marked: &mut Marked<'_>, manner: Manner, mut run: Run, sign: char, open: &mut Vec<Run>) {
    let (before, after) = (marked.before(run.at.start), marked.at(run.at.end));
    let is_blank = |c: Option<char>| c.is_none_or(char::is_whitespace);
    let is_within = |c: Option<char>| c.is_some_and(char::is_alphabetic);
    let starts = is_blank(before) || before.is_some_and(|c| OPENING.contains(c) || is_symbol(c));
    let ends = is_blank(after) || after.is_some_and(|c| CLOSING.contains(c) || is_symbol(c));
    let may_be_within = sign == '*' && (run.at.len() == 2 || manner == Manner::Markdown);
    run.is_within = may_be_within && is_within(before) && is_within(after);
    let can_close = !is_blank(before) && (ends || may_be_within && is_within(after));
    let can_open = !is_blank(after) && (starts || run.is_within);
    if can_close && let Some(opening) = open.last() {
        let is_pair =
            ends || opening.word == run.word || manner == Manner::Markdown && !opening.is_within;
        let has_words = run.letter >= opening.at.end;
        if is_pair && has_words {
            marked.cut(opening.at.clone());
            marked.cut(run.at);
            open.pop();
            return;
        }
    }
    if can_open {
        open.push(run);
    }
}

/// Emoji and their like.
fn is_symbol(c: char) -> bool {
    !c.is_alphanumeric() && !c.is_ascii() && !c.is_whitespace()
}
