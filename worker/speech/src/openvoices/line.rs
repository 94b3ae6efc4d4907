//! Lines: what a model says in one go, with the words that it says.

use std::{ops::Range, time::Duration};

use kiskadee_text::{Boundary, Pause};

use super::{
    protocol::{Factors, ModelPlace, Who},
    script::Times,
};
use crate::join;

/// A part of a text that is spoken in one go: a sentence, or a part of one.
pub(crate) struct Line {
    pub(crate) model: ModelPlace,
    pub(crate) who: Who,
    /// What belongs to `who`.
    pub(crate) body: Vec<u8>,
    pub(crate) ids: Vec<u32>,
    /// For each id, or none at all.
    pub(crate) factors: Vec<Factors>,
    pub(crate) words: Vec<LineWord>,
    pub(crate) times: Times,
    /// Silence that the writer asked for.
    pub(crate) lead: Duration,
    pub(crate) trail: Duration,
    /// Silence before the next line, if there is one.
    pub(crate) pause: Duration,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LineWord {
    /// The bytes of the request's text that the word speaks for.
    pub(crate) source: Range<usize>,
    /// Added to its loudness, in decibels.
    pub(crate) volume: f32,
}

/// The silence that the voice makes at a boundary between two lines.
pub(super) fn silence(boundary: Boundary) -> Duration {
    let pause = match boundary {
        Boundary::None => Pause::Word,
        Boundary::Minor | Boundary::Major => Pause::Phrase,
        Boundary::Statement | Boundary::Question | Boundary::Exclamation => Pause::Sentence,
        Boundary::Paragraph => Pause::Paragraph,
        // It is what the writer asked for, and not the voice's own.
        Boundary::Pause(_) => return Duration::ZERO,
    };
    Duration::from_millis(u64::from(join::silence_ms(pause)))
}

/// A sentence is long where its first clause comes much earlier than its end; in symbols, a second has about 14.
const LONG: usize = 70;
/// A first clause that is shorter sounds cut off.
const LEAST_CLAUSE: usize = 12;

/// Where the words of a sentence are divided into lines: at the pauses that its writer asked for, where a line would have more
/// than `most` symbols, and behind its first clause where it is long and in haste. `words` are the number of symbols and the
/// boundary of each.
pub(super) fn divide(words: &[(usize, Boundary)], most: usize, hasten: bool) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut begin = 0;
    while begin < words.len() {
        let rest = words.get(begin..).unwrap_or_default();
        let length = first_line(rest, most, hasten && begin == 0);
        lines.push(begin..begin + length);
        begin += length;
    }
    lines
}

/// How many of the words, at least one, make the first line.
fn first_line(words: &[(usize, Boundary)], most: usize, hasten: bool) -> usize {
    let pause = |(_, boundary): &(usize, Boundary)| matches!(boundary, Boundary::Pause(_));
    let asked = words
        .iter()
        .position(pause)
        .map_or(words.len(), |at| at + 1);
    let words = words.get(..asked).unwrap_or(words);
    let ends: Vec<usize> = words
        .iter()
        .scan(0, |end, (symbols, _)| {
            *end += symbols;
            Some(*end)
        })
        .collect();
    let whole = ends.last().copied().unwrap_or_default();
    let marked = |at: usize| {
        words
            .get(at)
            .is_some_and(|(_, boundary)| *boundary != Boundary::None)
    };
    if hasten && whole > LONG {
        let clause = ends.iter().position(|end| *end >= LEAST_CLAUSE);
        let clause = clause.and_then(|least| (least..ends.len() - 1).find(|at| marked(*at)));
        if let Some(at) = clause.filter(|at| ends.get(*at).is_some_and(|end| *end <= most)) {
            return at + 1;
        }
    }
    if whole <= most {
        return words.len();
    }
    let fitting = ends.iter().take_while(|end| **end <= most).count();
    let last_mark = (fitting / 3..fitting).rev().find(|at| marked(*at));
    last_mark.map_or(fitting.max(1), |at| at + 1)
}

#[cfg(test)]
#[expect(
    clippy::single_range_in_vec_init,
    reason = "single ranges are what is meant"
)]
mod tests {
    use super::*;

    fn sentence(marks: &[(usize, Boundary)], words: usize) -> Vec<(usize, Boundary)> {
        let mut sentence = vec![(5, Boundary::None); words];
        for (at, boundary) in marks {
            sentence[*at].1 = *boundary;
        }
        sentence
    }

    #[test]
    fn a_short_sentence_is_one_line() {
        let words = sentence(&[(3, Boundary::Minor), (7, Boundary::Statement)], 8);
        assert_eq!(divide(&words, 100, true), [0..8]);
        assert!(divide(&[], 100, true).is_empty());
    }

    #[test]
    fn the_first_clause_of_a_long_one_goes_ahead_for_listeners() {
        let marks = [
            (0, Boundary::Minor),
            (3, Boundary::Minor),
            (9, Boundary::Minor),
        ];
        let words = sentence(&marks, 20);
        assert_eq!(divide(&words, 100, true), [0..4, 4..20]);
        assert_eq!(divide(&words, 100, false), [0..20]);
        assert_eq!(divide(&sentence(&[], 20), 100, true), [0..20]);
    }

    #[test]
    fn what_is_too_long_is_divided_at_a_mark_or_anywhere() {
        let words = sentence(&[(12, Boundary::Major)], 30);
        assert_eq!(divide(&words, 100, false), [0..13, 13..30]);
        assert_eq!(
            divide(&sentence(&[], 30), 50, false),
            [0..10, 10..20, 20..30]
        );
        let giant = [(500, Boundary::None), (3, Boundary::None)];
        assert_eq!(divide(&giant, 100, false), [0..1, 1..2]);
    }

    #[test]
    fn a_pause_of_the_writer_ends_a_line() {
        let pause = Boundary::Pause(Duration::from_millis(700));
        let words = sentence(&[(2, pause)], 6);
        assert_eq!(divide(&words, 100, false), [0..3, 3..6]);
        assert!(silence(pause).is_zero());
        assert_eq!(silence(Boundary::Question).as_millis(), 300);
    }
}
