//! Reads a sentence from left to right by the rules of a language.
//!
//! A [`Rule`] looks at one [`Place`] and either gives a [`Reading`], words for the next stretch of text, or leaves the
//! place to the next rule. What no rule reads is punctuation, which sets the boundary behind the last word, or is
//! skipped. This module knows no language.

use std::{ops::Range, sync::LazyLock};

use regex::{Captures, Regex};

use crate::{Boundary, Prosody, Word, clean::Clean};

/// Reads what stands at a place, or leaves it to the next rule.
pub(crate) type Rule = fn(&Place<'_>) -> Option<Reading>;

/// Declares regular expressions, compiled at first use, that match only at the place itself.
/// White space in them is ignored; write `\x20` for a space.
macro_rules! patterns {
    ($($name:ident = $pattern:expr;)*) => {
        $(static $name: $crate::reading::Pattern = std::sync::LazyLock::new(|| $crate::reading::compile($pattern));)*
    };
}
pub(crate) use patterns;

pub(crate) type Pattern = LazyLock<Regex>;

#[expect(
    clippy::expect_used,
    reason = "patterns are constants of this crate, and its tests compile each"
)]
pub(crate) fn compile(pattern: &str) -> Regex {
    Regex::new(&format!("(?x)^(?:{pattern})")).expect("a valid pattern")
}

/// A position in a clean sentence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Place<'a> {
    /// The beginning of a clean text.
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The whole text, before and behind.
    pub(crate) fn sentence(&self) -> &'a str {
        self.text
    }

    /// The text from here on. Never empty, and does not begin with a space.
    pub(crate) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The text up to here.
    pub(crate) fn before(&self) -> &'a str {
        self.text.get(..self.at).unwrap_or_default()
    }

    pub(crate) fn next(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// The character right before this place.
    pub(crate) fn previous(&self) -> Option<char> {
        self.before().chars().next_back()
    }

    /// The run of letters before this place, spaces and a full stop between them and the place apart.
    pub(crate) fn previous_word(&self) -> &'a str {
        let before = self.before().trim_end_matches([' ', '.', ',']);
        let start = before.trim_end_matches(|c: char| c.is_alphabetic() || c == '\'');
        before.get(start.len()..).unwrap_or_default()
    }

    /// What `pattern` finds right here.
    pub(crate) fn captures(&self, pattern: &Regex) -> Option<Captures<'a>> {
        pattern.captures(self.rest())
    }

    /// What stands `bytes` further on.
    pub(crate) fn after(&self, bytes: usize) -> &'a str {
        self.rest().get(bytes..).unwrap_or_default()
    }
}

/// The place is inside a word or a number, and not behind the sign of `4x100`.
pub(crate) fn joined(place: &Place<'_>) -> bool {
    let mut before = place.before().chars().rev();
    match before.next() {
        Some('x' | '×') => before.next().is_none_or(|c| !c.is_ascii_digit()),
        last => last.is_some_and(char::is_alphanumeric),
    }
}

/// Ends a pattern where no word goes on.
pub(crate) fn ends(rest: &str) -> bool {
    !rest.starts_with(char::is_alphanumeric)
}

/// How a stretch of text is said.
///
/// Spoken text is written as in [`crate::plain`]: words apart by spaces, letters that are said by their name in
/// capitals (`M P three`), a comma behind a word for a short break.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// How many bytes are read.
    length: usize,
    parts: Vec<(Range<usize>, String)>,
}

impl Reading {
    /// The next `length` bytes are said as `spoken`.
    pub(crate) fn new(length: usize, spoken: impl Into<String>) -> Self {
        Self {
            length,
            parts: vec![(0..length, spoken.into())],
        }
    }

    /// The next `length` bytes are said in parts, each for its own range of these bytes, in order.
    pub(crate) fn in_parts(length: usize, parts: Vec<(Range<usize>, String)>) -> Self {
        Self { length, parts }
    }
}

/// The words of a sentence that begins at `offset` in the input.
pub(crate) fn read(sentence: &str, offset: usize, rules: &[Rule]) -> Vec<Word> {
    read_clean(&Clean::new(sentence, offset), rules)
}

/// The words of a clean sentence.
pub(crate) fn read_clean(clean: &Clean, rules: &[Rule]) -> Vec<Word> {
    let mut words = Vec::new();
    let mut place = Place::new(clean.text());
    while let Some(next) = place.next() {
        if next == ' ' {
            place.at += 1;
        } else if let Some(reading) = rules.iter().find_map(|rule| rule(&place)) {
            say(&reading, &place, clean, &mut words);
            place.at += reading.length.max(1);
        } else {
            punctuate(&place, &mut words);
            place.at += next.len_utf8();
        }
    }
    words
}

fn say(reading: &Reading, place: &Place<'_>, clean: &Clean, words: &mut Vec<Word>) {
    for (range, spoken) in &reading.parts {
        let source = clean.source(place.at + range.start..place.at + range.end);
        words.extend(spoken_words(spoken, &source));
    }
}

/// What was written out as in [`crate::plain`], all of it for one source.
pub(crate) fn spoken_words(spoken: &str, source: &Range<usize>) -> impl Iterator<Item = Word> {
    spoken
        .split_whitespace()
        .filter_map(|word| spoken_word(word, source))
}

/// Letters by their names, figures by `figure`, and the names of signs that have one.
pub(crate) fn each_character(
    text: &str,
    figure: impl Fn(&str) -> String,
    sign: impl Fn(char) -> &'static str,
) -> String {
    let name = |c: char| match c {
        _ if c.is_ascii_digit() => figure(c.encode_utf8(&mut [0; 4])),
        _ if c.is_alphabetic() => c.to_uppercase().collect(),
        _ => sign(c).to_owned(),
    };
    let names = text.chars().map(name).filter(|name| !name.is_empty());
    names.collect::<Vec<String>>().join(" ")
}

fn spoken_word(written: &str, source: &Range<usize>) -> Option<Word> {
    let text = written.trim_end_matches(',');
    let spelled = text.chars().next()?.is_uppercase();
    Some(Word {
        text: text.to_lowercase(),
        source: source.clone(),
        spelled,
        boundary: if text.len() < written.len() {
            Boundary::Minor
        } else {
            Boundary::None
        },
        prosody: Prosody::default(),
        pronunciation: None,
    })
}

/// Lets a punctuation mark close the last word, unless a stronger one does.
fn punctuate(place: &Place<'_>, words: &mut [Word]) {
    if let Some(last) = words.last_mut() {
        let found = boundary(place);
        if strength(found) > strength(last.boundary) {
            last.boundary = found;
        }
    }
}

fn boundary(place: &Place<'_>) -> Boundary {
    let after = place.rest().chars().nth(1);
    let spaced = after.is_none_or(|c| !c.is_alphanumeric());
    match place.next().unwrap_or_default() {
        '.' if after == Some('.') => Boundary::Minor,
        '.' if after == Some(' ') && place.previous().is_some_and(|c| c.is_ascii_digit()) => {
            Boundary::Major
        }
        '.' if is_closed(place.after(1)) => Boundary::Statement,
        '…' | ',' | '—' | '–' | ')' | ']' | '}' | '،' => Boundary::Minor,
        '(' | '[' | '{' | '-' | '/' | '|' | '•' | '·' if place.previous() == Some(' ') => {
            Boundary::Minor
        }
        ';' | '؛' => Boundary::Major,
        ':' if spaced => Boundary::Major,
        '?' | '؟' if spaced => Boundary::Question,
        '!' if spaced => Boundary::Exclamation,
        _ => Boundary::None,
    }
}

/// Nothing but closing marks follows.
fn is_closed(rest: &str) -> bool {
    rest.chars().all(|c| !c.is_alphanumeric())
}

pub(crate) fn strength(boundary: Boundary) -> u8 {
    match boundary {
        Boundary::None => 0,
        Boundary::Minor => 1,
        Boundary::Major => 2,
        Boundary::Statement => 3,
        Boundary::Exclamation => 4,
        Boundary::Question => 5,
        Boundary::Paragraph => 6,
        Boundary::Pause(_) => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(place: &Place<'_>) -> Option<Reading> {
        let rest = place.rest();
        let length = rest.len() - rest.trim_start_matches(char::is_alphabetic).len();
        let word = rest.get(..length)?;
        (length > 0).then(|| Reading::new(length, word))
    }

    fn boundaries(sentence: &str) -> Vec<(String, Boundary)> {
        read(sentence, 0, &[letters])
            .into_iter()
            .map(|word| (word.text, word.boundary))
            .collect()
    }

    #[test]
    fn punctuation_closes_words() {
        use Boundary::{Exclamation, Major, Minor, None, Question, Statement};
        for (sentence, expected) in [
            ("a b, c.", vec![None, Minor, Statement]),
            ("a (b) c", vec![Minor, Minor, None]),
            ("a-b – c: d?!", vec![None, Minor, Major, Question]),
            ("“a!” b…", vec![Exclamation, Minor]),
            ("a (b.)", vec![Minor, Statement]),
        ] {
            let found: Vec<_> = boundaries(sentence).into_iter().map(|(_, b)| b).collect();
            assert_eq!(found, expected, "{sentence}");
        }
    }

    #[test]
    fn parts_have_their_own_sources() {
        fn rule(place: &Place<'_>) -> Option<Reading> {
            let parts = vec![(0..1, "x Y".to_owned()), (2..3, "z,".to_owned())];
            place
                .rest()
                .starts_with("a b")
                .then(|| Reading::in_parts(3, parts))
        }
        let words = read(" a b", 5, &[rule]);
        let found: Vec<_> = words
            .iter()
            .map(|word| (word.text.as_str(), word.spelled, word.source.clone()))
            .collect();
        assert_eq!(
            found,
            [("x", false, 6..7), ("y", true, 6..7), ("z", false, 8..9)]
        );
        assert_eq!(words[2].boundary, Boundary::Minor);
    }
}
