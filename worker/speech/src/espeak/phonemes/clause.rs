//! Cuts the words of a sentence into clauses, and writes them in lines that espeak-ng reads whole.

use std::ops::Range;

use kiskadee_text::{Boundary, Word};

/// espeak-ng reads lines of at most 999 bytes and cuts longer ones anywhere, also inside a letter.
const LINE_BYTES: usize = 900;

/// Words up to a mark.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) words: Range<usize>,
    pub(super) mark: Option<char>,
}

/// The clauses of a sentence.
pub(super) fn cut(words: &[Word]) -> Vec<Cut> {
    let mut cuts = Vec::new();
    let mut start = 0;
    for (at, word) in words.iter().enumerate() {
        let mark = mark(word.boundary);
        if mark.is_some() || at + 1 == words.len() {
            cuts.push(Cut {
                words: start..at + 1,
                mark,
            });
            start = at + 1;
        }
    }
    cuts
}

/// The whole sentence in a line, where it fits into one.
pub(super) fn sentence_line(words: &[Word]) -> Option<String> {
    let mut line = String::new();
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word.text);
        line.extend(mark(word.boundary));
    }
    (line.len() <= LINE_BYTES).then_some(line)
}

/// A stretch of words in lines, the last of which ends with the mark.
pub(super) fn lines(words: &[Word], mark: Option<char>) -> Vec<String> {
    let mut lines = vec![String::new()];
    for part in words.iter().flat_map(|word| parts(&word.text)) {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(part),
            Some(line) if line.len() + part.len() < LINE_BYTES => {
                line.push(' ');
                line.push_str(part);
            }
            _ => lines.push(part.to_owned()),
        }
    }
    if let Some(last) = lines.last_mut() {
        last.extend(mark);
    }
    lines
}

/// A word in parts that fit into a line.
fn parts(word: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = word;
    while rest.len() > LINE_BYTES {
        let (part, after) = rest.split_at(rest.floor_char_boundary(LINE_BYTES));
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    parts
}

fn mark(boundary: Boundary) -> Option<char> {
    match boundary {
        Boundary::None => None,
        Boundary::Minor | Boundary::Pause(_) => Some(','),
        Boundary::Major => Some(';'),
        Boundary::Statement | Boundary::Paragraph => Some('.'),
        Boundary::Question => Some('?'),
        Boundary::Exclamation => Some('!'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiskadee_text::as_written;

    fn words(text: &str) -> Vec<Word> {
        as_written(text, 10_000)
            .into_iter()
            .flat_map(|s| s.words)
            .collect()
    }

    #[test]
    fn clauses_end_at_marks() {
        let found: Vec<_> = cut(&words("Well, is it so; or not?"))
            .into_iter()
            .map(|cut| (cut.words, cut.mark))
            .collect();
        assert_eq!(
            found,
            [(0..1, Some(',')), (1..4, Some(';')), (4..6, Some('?'))]
        );
        assert!(cut(&[]).is_empty());
        let mut open = words("cut here");
        open[1].boundary = Boundary::None;
        assert_eq!(cut(&open)[0].mark, None);
    }

    #[test]
    fn no_line_is_longer_than_the_program_reads() {
        let text = format!("{} {}.", "ã".repeat(1_500), "word ".repeat(500));
        let words = words(&text);
        assert_eq!(sentence_line(&words), None);
        let lines = lines(&words, Some('.'));
        assert!(lines.iter().all(|line| line.len() < 999));
        let letters = |text: &str| text.replace([' ', '.'], "").len();
        assert_eq!(letters(&lines.concat()), letters(&text));
        assert_eq!(super::lines(&words[1..3], Some(',')), ["word word,"]);
    }
}
