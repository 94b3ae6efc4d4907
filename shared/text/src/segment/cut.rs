//! Cuts a sentence that is too long for one piece.

use unicode_segmentation::UnicodeSegmentation;

use super::{Pause, Piece, trimmed};

/// Marks behind which a speaker may breathe.
const SOFT_MARKS: &[char] = &[',', ';', ':', '—', '–', '，', '、', '；', '：', '،', '؛'];

/// A soft mark is taken only in the last part of the room, so that pieces do not become needlessly short.
const SHORTEST_SHARE: usize = 3;

/// The pieces of one sentence that begins at `offset`. The last one carries the sentence's own pause.
pub(super) fn cut(sentence: &str, offset: usize, max_chars: usize) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut start = 0;
    while let Some(rest) = sentence.get(start..)
        && rest.chars().nth(max_chars).is_some()
    {
        let (length, pause) = best_end(rest, max_chars);
        let range = trimmed(sentence, start..start + length);
        pieces.push(Piece { range, pause });
        start = trimmed(sentence, start + length..sentence.len()).start;
    }
    pieces.push(Piece {
        range: start..sentence.len(),
        pause: Pause::Sentence,
    });
    pieces.retain(|piece| !piece.range.is_empty());
    for piece in &mut pieces {
        piece.range = offset + piece.range.start..offset + piece.range.end;
    }
    pieces
}

/// Where to cut a text that does not fit: behind a soft mark, at a space, else between two characters.
fn best_end(text: &str, max_chars: usize) -> (usize, Pause) {
    let room = byte_of(text, max_chars);
    let window = text.get(..room).unwrap_or(text);
    let shortest = byte_of(text, max_chars / SHORTEST_SHARE);
    if let Some(end) = last_soft_mark(text, window).filter(|&end| end > shortest) {
        return (end, Pause::Phrase);
    }
    // A space right behind the room ends a word that fits exactly.
    let space = if text
        .get(room..)
        .is_some_and(|after| after.starts_with(char::is_whitespace))
    {
        Some(room)
    } else {
        window.rfind(char::is_whitespace).filter(|&at| at > 0)
    };
    (
        space.unwrap_or_else(|| last_character(text, room)),
        Pause::Word,
    )
}

/// The end of the last soft mark in the window that is not inside a number or an address.
fn last_soft_mark(text: &str, window: &str) -> Option<usize> {
    let marks = window
        .char_indices()
        .rev()
        .filter(|(_, c)| SOFT_MARKS.contains(c));
    marks
        .map(|(at, mark)| (at + mark.len_utf8(), mark))
        .find_map(|(end, mark)| {
            let next = text.get(end..).and_then(|after| after.chars().next());
            (!mark.is_ascii() || next.is_none_or(char::is_whitespace)).then_some(end)
        })
}

/// The last boundary between user-perceived characters within the room. One that alone is too long is torn.
fn last_character(text: &str, room: usize) -> usize {
    // One character more than the room shows whether a boundary is at its end.
    let after = text.get(room..).and_then(|rest| rest.chars().next());
    let window = text.get(..room + after.map_or(0, char::len_utf8));
    window
        .unwrap_or(text)
        .grapheme_indices(true)
        .map(|(at, character)| at + character.len())
        .take_while(|&end| end <= room)
        .last()
        .unwrap_or(room)
}

fn byte_of(text: &str, chars: usize) -> usize {
    text.char_indices()
        .nth(chars)
        .map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sentence: &str, max: usize) -> Vec<(String, Pause)> {
        cut(sentence, 0, max)
            .into_iter()
            .map(|piece| (sentence[piece.range].to_owned(), piece.pause))
            .collect()
    }

    #[test]
    fn commas_are_preferred_to_spaces() {
        let pieces = texts("one two three, four five six seven", 20);
        assert_eq!(
            pieces,
            [
                ("one two three,".to_owned(), Pause::Phrase),
                ("four five six seven".to_owned(), Pause::Sentence)
            ]
        );
    }

    #[test]
    fn a_comma_in_a_number_is_no_breath() {
        let pieces = texts("it is 1,000,000 more or less", 16);
        assert_eq!(pieces[0], ("it is 1,000,000".to_owned(), Pause::Word));
    }

    #[test]
    fn a_word_that_fits_exactly_is_kept() {
        assert_eq!(
            texts("abc def", 3),
            [
                ("abc".to_owned(), Pause::Word),
                ("def".to_owned(), Pause::Sentence)
            ]
        );
    }

    #[test]
    fn characters_are_torn_only_when_one_alone_is_too_long() {
        let family = "👨‍👩‍👧";
        let pieces = texts(&family.repeat(3), 6);
        assert!(
            pieces.iter().all(|(piece, _)| piece == family),
            "{pieces:?}"
        );
        assert_eq!(texts(&"e\u{301}".repeat(4), 3).len(), 4);
        assert_eq!(texts(&format!("e{}", "\u{301}".repeat(8)), 3).len(), 3);
    }
}
