//! Stretches of transcript, put together or cut to what a model reads in one go.

use std::time::Duration;

use super::{Passage, Stretch, cleaning::SOFT_MARKS};
use crate::segment::cut;

/// Pieces of one stretch may be longer than an equal share by a quarter, so that they can end at a comma.
const SLACK: usize = 4;

/// A mark is taken only in the last part of the room, so that pieces do not become needlessly short.
const SHORTEST_SHARE: usize = 3;

/// Passages of at most `most_chars` characters, none without a letter. Silence of what says nothing goes to its neighbour.
pub(super) fn pack(stretches: Vec<Stretch>, most_chars: usize) -> Vec<Passage> {
    let mut packed: Vec<Stretch> = Vec::new();
    let mut silence = Duration::ZERO;
    for mut stretch in stretches {
        if !stretch.transcript.contains(char::is_alphabetic) {
            silence += stretch.lead + stretch.trail;
            continue;
        }
        stretch.lead += std::mem::take(&mut silence);
        for piece in wrap(stretch, most_chars.max(1)) {
            match packed
                .last_mut()
                .filter(|last| fits(last, &piece, most_chars))
            {
                Some(last) => append(last, &piece),
                None => packed.push(piece),
            }
        }
    }
    if let Some(last) = packed.last_mut() {
        last.trail += silence;
    }
    finish(packed)
}

/// The pieces of one stretch, of about equal length.
fn wrap(stretch: Stretch, most_chars: usize) -> Vec<Stretch> {
    let chars = stretch.transcript.chars().count();
    if chars <= most_chars {
        return vec![stretch];
    }
    let share = chars.div_ceil(chars.div_ceil(most_chars));
    let words = stretch.transcript.split_whitespace();
    let longest = words.map(|word| word.chars().count()).max();
    let room = most_chars.min((share + share / SLACK).max(longest.unwrap_or_default()));
    let mut pieces: Vec<Stretch> = pieces(&stretch.transcript, room)
        .into_iter()
        .filter(|piece| piece.contains(char::is_alphabetic))
        .map(|piece| Stretch {
            transcript: piece.to_owned(),
            ..Stretch::default()
        })
        .collect();
    if let Some(first) = pieces.first_mut() {
        first.lead = stretch.lead;
    }
    if let Some(last) = pieces.last_mut() {
        last.trail = stretch.trail;
    }
    pieces
}

/// Pieces that end at a mark, else between words or syllables, else between characters.
fn pieces(transcript: &str, room: usize) -> Vec<&str> {
    let (mut pieces, mut rest) = (Vec::new(), transcript);
    while rest.chars().nth(room).is_some() {
        let (piece, after) = rest.split_at(end(rest, room));
        pieces.push(piece.trim_end());
        rest = after.trim_start();
    }
    pieces.push(rest);
    pieces
}

fn end(text: &str, room: usize) -> usize {
    let chars = text.char_indices().take(room);
    let ends: Vec<(usize, char)> = chars.map(|(at, c)| (at + c.len_utf8(), c)).collect();
    let next = |end: usize| text.get(end..).and_then(|rest| rest.chars().next());
    let last = |is_end: &dyn Fn(usize, char) -> bool| {
        let found = ends.iter().rposition(|&(end, c)| is_end(end, c))?;
        Some((found, ends.get(found)?.0))
    };
    let mark = last(&|_, c| SOFT_MARKS.contains(&c)).filter(|&(at, _)| at > room / SHORTEST_SHARE);
    let space = || last(&|end, c| !c.is_whitespace() && next(end).is_some_and(char::is_whitespace));
    // The figures in pinyin are tones, which end syllables.
    let syllable =
        || last(&|end, c| c.is_ascii_digit() && next(end).is_some_and(char::is_alphabetic));
    let found = mark.or_else(space).or_else(syllable).map(|(_, end)| end);
    found.unwrap_or_else(|| {
        cut(text, room)
            .first()
            .map_or(text.len(), |piece| piece.len())
    })
}

fn fits(last: &Stretch, next: &Stretch, most_chars: usize) -> bool {
    let chars = last.transcript.chars().count() + 1 + next.transcript.chars().count();
    last.trail.is_zero() && next.lead.is_zero() && chars <= most_chars
}

fn append(last: &mut Stretch, next: &Stretch) {
    last.transcript.push(' ');
    last.transcript.push_str(&next.transcript);
    last.trail = next.trail;
}

fn finish(packed: Vec<Stretch>) -> Vec<Passage> {
    let lengths = packed.iter().map(|stretch| stretch.transcript.len());
    let whole = lengths.sum::<usize>().max(1);
    let mut spoken = 0;
    let passage = |stretch: Stretch| {
        spoken += stretch.transcript.len();
        Passage {
            transcript: stretch.transcript,
            lead: stretch.lead,
            trail: stretch.trail,
            spoken: spoken as f32 / whole as f32,
        }
    };
    packed.into_iter().map(passage).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(transcript: &str, lead: u64, trail: u64) -> Stretch {
        Stretch {
            transcript: transcript.to_owned(),
            lead: Duration::from_millis(lead),
            trail: Duration::from_millis(trail),
        }
    }

    fn packed(stretches: Vec<Stretch>, most_chars: usize) -> Vec<String> {
        let passages = pack(stretches, most_chars);
        assert!(
            passages
                .windows(2)
                .all(|pair| pair[0].spoken < pair[1].spoken)
        );
        assert!(passages.last().is_none_or(|last| last.spoken > 0.999));
        passages
            .into_iter()
            .map(|passage| passage.transcript)
            .collect()
    }

    #[test]
    fn short_sentences_are_spoken_together_but_not_across_pauses() {
        let sentences = || {
            vec![
                stretch("one.", 0, 0),
                stretch("two.", 0, 0),
                stretch("three.", 0, 500),
                stretch("four.", 0, 0),
            ]
        };
        assert_eq!(packed(sentences(), 100), ["one. two. three.", "four."]);
        assert_eq!(packed(sentences(), 9), ["one. two.", "three.", "four."]);
    }

    #[test]
    fn long_sentences_are_cut_at_commas_then_words_then_characters() {
        let one = |text: &str, most| packed(vec![stretch(text, 0, 0)], most);
        assert_eq!(
            one("a first part here, and then another one", 30),
            ["a first part here,", "and then another one"]
        );
        assert_eq!(
            one("one two three four five six", 16),
            ["one two three", "four five six"]
        );
        assert_eq!(one("abcdefgh", 5), ["abcde", "fgh"]);
        assert_eq!(one("a abcdefghi b c", 9), ["a", "abcdefghi", "b c"]);
    }

    #[test]
    fn syllables_of_chinese_are_not_torn() {
        let pinyin = "wo3you3bai3fen1zhi1shi2er4de5qian2,san1dian3wu3yuan2";
        let found = packed(vec![stretch(pinyin, 0, 0)], 20);
        assert_eq!(
            found,
            [
                "wo3you3bai3fen1zhi1",
                "shi2er4de5qian2,",
                "san1dian3wu3yuan2"
            ]
        );
    }

    #[test]
    fn what_says_nothing_leaves_its_silence() {
        let passages = pack(
            vec![
                stretch("...", 100, 0),
                stretch("one.", 20, 0),
                stretch("", 0, 7),
            ],
            10,
        );
        assert_eq!(passages.len(), 1);
        assert_eq!(passages[0].lead, Duration::from_millis(120));
        assert_eq!(passages[0].trail, Duration::from_millis(7));
        assert_eq!(pack(vec![stretch("?!", 1, 1)], 10), []);
    }
}
