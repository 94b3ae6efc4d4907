//! Splits a text into pieces that can be spoken one by one.
//!
//! A piece is a sentence where that is possible. Sentences over the limit are cut at commas and the like, then
//! between words, and only as a last resort inside a word.

mod cut;
mod sentence;

use std::ops::Range;

/// What separates a piece from the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// The text was cut between two words, or inside one, only because it was long.
    Word,
    /// A comma or the like, where a long sentence was cut.
    Phrase,
    Sentence,
    Paragraph,
}

/// A piece of text with the pause that follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    pub text: String,
    pub pause: Pause,
}

/// Where a piece stands in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) range: Range<usize>,
    pub(crate) pause: Pause,
}

/// The pieces of `text` in order, each of at most `max_chars` characters. Blank stretches give none.
pub fn split(text: &str, max_chars: usize) -> Vec<Segment> {
    let segment = |piece: Piece| Segment {
        text: text.get(piece.range).unwrap_or_default().to_owned(),
        pause: piece.pause,
    };
    pieces(text, max_chars).into_iter().map(segment).collect()
}

/// As [`split`], by position.
pub(crate) fn pieces(text: &str, max_chars: usize) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for paragraph in paragraphs(text) {
        let first = pieces.len();
        for sentence in sentence::sentences(text.get(paragraph.clone()).unwrap_or_default()) {
            let start = paragraph.start + sentence.start;
            let sentence = text
                .get(start..paragraph.start + sentence.end)
                .unwrap_or_default();
            pieces.extend(cut::cut(sentence, start, max_chars.max(1)));
        }
        if let Some(last) = pieces.get_mut(first..).and_then(<[Piece]>::last_mut) {
            last.pause = Pause::Paragraph;
        }
    }
    pieces
}

/// The pieces of one sentence, each of at most `max_chars` characters.
pub(crate) fn cut(sentence: &str, max_chars: usize) -> Vec<&str> {
    let pieces = cut::cut(sentence, 0, max_chars.max(1)).into_iter();
    pieces
        .filter_map(|piece| sentence.get(piece.range))
        .collect()
}

/// Stretches between empty lines. A single line end is only a space: plain text is often wrapped.
fn paragraphs(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut start, mut offset, mut blank) = (0, 0, true);
    for line in text.split_inclusive('\n') {
        let empty = line.trim().is_empty();
        if empty && !blank {
            found.push(start..offset);
        }
        if !empty && blank {
            start = offset;
        }
        blank = empty;
        offset += line.len();
    }
    if !blank {
        found.push(start..text.len());
    }
    found
}

/// `range` of `text` without white space at its ends.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let part = text.get(range.clone()).unwrap_or_default();
    let start = range.start + (part.len() - part.trim_start().len());
    start..start + part.trim().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_lines_part_paragraphs_and_line_ends_do_not() {
        let segments = split("One\ntwo. Three.\n\n \nFour.\n", 100);
        let expected = [
            ("One\ntwo.", Pause::Sentence),
            ("Three.", Pause::Paragraph),
            ("Four.", Pause::Paragraph),
        ];
        let found: Vec<_> = segments
            .iter()
            .map(|segment| (segment.text.as_str(), segment.pause))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn blank_texts_have_no_pieces() {
        assert!(split("", 100).is_empty());
        assert!(split(" \n\n\t\n ", 100).is_empty());
    }

    #[test]
    fn no_piece_is_over_the_limit_and_nothing_is_lost() {
        let text = "A long story, with commas, and clauses; it goes on. 長い文章です、とても長いです。Ünïcödé\u{301}word ".repeat(20);
        for max in [1, 2, 7, 30, 300] {
            let pieces = split(&text, max);
            assert!(
                pieces.iter().all(|piece| piece.text.chars().count() <= max),
                "{max}"
            );
            let bare = |text: &str| text.split_whitespace().collect::<String>();
            let joined: String = pieces.into_iter().map(|piece| piece.text).collect();
            assert_eq!(bare(&joined), bare(&text), "{max}");
        }
    }
}
