//! What is raised: exponents, and the marks of notes.

use super::{marked::Marked, references::is_number_mark};

/// Letters that a word with an exponent has at most: `km`, `cm`, `x`.
const MOST_UNIT: usize = 3;
const RAISED: [&str; 10] = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"];

/// Reads what stands behind `<sup>`: gives where its closing tag begins, when it was no plain text.
pub(super) fn read(marked: &mut Marked<'_>, start: usize) -> Option<usize> {
    let inside = marked.rest(start);
    let length = inside.bytes().take(64).position(|b| b == b'<')?;
    let inside = inside.get(..length)?;
    let before = marked.text.get(..start)?.trim_end_matches("<sup>");
    let figures = inside.strip_prefix(['-', '−']).unwrap_or(inside);
    let is_mark = is_number_mark(inside.trim().trim_matches(['[', ']', '(', ')']));
    let word: String = before
        .chars()
        .rev()
        .take_while(|c| c.is_alphanumeric())
        .take(MOST_UNIT + 1)
        .collect();
    let is_power = !word.is_empty()
        && (word.chars().count() <= MOST_UNIT || word.starts_with(|c: char| c.is_ascii_digit()));
    let end = start + length;
    if is_power && figures.bytes().all(|b| b.is_ascii_digit()) && !figures.is_empty() {
        for (at, c) in inside.char_indices() {
            let raised = c
                .to_digit(10)
                .and_then(|figure| RAISED.get(figure as usize))
                .copied();
            marked.replace(start + at..start + at + c.len_utf8(), raised.unwrap_or("⁻"));
        }
        return Some(end);
    }
    if is_mark {
        marked.cut(start..end);
        return Some(end);
    }
    None
}
