//! Splits a text into pieces that an engine can speak one by one.
//!
//! A piece is a sentence where that is possible. Sentences over the limit are cut at commas and the like, then
//! between words, and only as a last resort inside a word, never inside a character.

mod cut;
mod sentence;

use crate::Pause;

/// A piece of text with the pause that follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    pub text: String,
    pub pause: Pause,
}

/// The pieces of `text` in order, each of at most `max_chars` characters. Blank stretches give none.
pub fn split(text: &str, max_chars: usize) -> Vec<Segment> {
    let mut segments = Vec::new();
    for paragraph in paragraphs(text) {
        for sentence in sentence::sentences(paragraph) {
            segments.extend(cut::cut(sentence, max_chars.max(1)));
        }
        if let Some(last) = segments.last_mut() {
            last.pause = Pause::Paragraph;
        }
    }
    segments
}

/// Stretches between empty lines. A single line end is only a space: plain text is often wrapped.
fn paragraphs(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut offset, mut blank) = (0, 0, false);
    for line in text.split_inclusive('\n') {
        let empty = line.trim().is_empty();
        if empty && !blank {
            found.push(text.get(start..offset).unwrap_or_default());
        }
        if !empty && blank {
            start = offset;
        }
        blank = empty;
        offset += line.len();
    }
    if !blank {
        found.push(text.get(start..).unwrap_or_default());
    }
    found.retain(|paragraph| !paragraph.trim().is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str, max: usize) -> Vec<String> {
        split(text, max)
            .into_iter()
            .map(|segment| segment.text)
            .collect()
    }

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
            let pieces = texts(&text, max);
            assert!(
                pieces
                    .iter()
                    .all(|piece| piece.chars().count() <= max.max(2)),
                "{max}"
            );
            let bare = |text: &str| text.split_whitespace().collect::<String>();
            assert_eq!(bare(&pieces.concat()), bare(&text), "{max}");
        }
    }
}
