//! A text with its numbers, abbreviations and signs written out, in lower case.
//!
//! Goes through the text from left to right. What is a number, an abbreviation or a sign at a place is said; letters and
//! marks are kept, and all else is dropped.

use regex::Regex;
use unicode_normalization::char::is_combining_mark;

use super::{
    TranscriptLanguage, amounts,
    spelling::{Ordinal, Spelling},
    writing,
};

/// Marks that end or part what is said, beside the full stop.
const MARKS: &[char] = &['.', ',', ';', ':', '!', '?', '،', '؛', '؟', '۔', '।', '॥'];
/// Marks behind which a speaker may breathe.
pub(super) const SOFT_MARKS: &[char] = &[',', ';', ':', '،', '؛'];
const OPENERS: &[char] = &['¿', '¡'];
/// A longer run of one mark says no more.
const LONGEST_RUN: usize = 3;
/// An ordinal with a full stop has no more figures: `1999.` is the end of a sentence.
const DOTTED_FIGURES: usize = 3;

/// The text as it is said, in lower case.
pub(super) fn clean(
    text: &str,
    language: TranscriptLanguage,
    spelling: &Spelling,
    ordinal: Option<&Regex>,
) -> String {
    let text = writing::uniform(text, language, spelling);
    let mut scan = Scan {
        text: &text,
        at: 0,
        spelling,
        ordinal,
        said: String::new(),
        is_parted: false,
        breathes: false,
    };
    while let Some(next) = scan.rest().chars().next() {
        match scan.reading() {
            Some((length, words)) if length > 0 => {
                scan.say(&words);
                scan.at += length;
            }
            _ => {
                scan.copy(next);
                scan.at += next.len_utf8();
            }
        }
    }
    scan.said.trim().to_owned()
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    spelling: &'a Spelling,
    ordinal: Option<&'a Regex>,
    said: String,
    /// What follows is a word of its own.
    is_parted: bool,
    /// A bracket or a dash stands before the next word.
    breathes: bool,
}

impl<'a> Scan<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn before(&self) -> &'a str {
        self.text.get(..self.at).unwrap_or_default()
    }

    /// What stands here in words, and how many bytes it is.
    fn reading(&self) -> Option<(usize, String)> {
        self.ordinal()
            .or_else(|| amounts::read(self.before(), self.rest(), self.spelling))
            .or_else(|| self.abbreviation())
            .or_else(|| self.symbol())
    }

    fn ordinal(&self) -> Option<(usize, String)> {
        let found = self.ordinal?.captures(self.rest())?;
        let (length, figures) = (found[0].len(), &found[1]);
        let mark = found.get(2).map_or("", |mark| mark.as_str());
        let after = self.rest().get(length..)?;
        let goes_on = after
            .strip_prefix(' ')
            .is_some_and(|next| next.starts_with(char::is_alphanumeric));
        let dotted = mark.ends_with('.');
        let is_inside = after.starts_with(is_part_of_word)
            && !mark.ends_with(is_east_asian)
            && !after.starts_with(is_east_asian);
        if is_inside
            || dotted && (figures.len() > DOTTED_FIGURES || !goes_on)
            || self.before().ends_with(|c: char| ".,".contains(c)) && dotted
        {
            return None;
        }
        let number = figures.parse().ok()?;
        let before = self.before().trim_end().rsplit(' ').next();
        let ordinal = Ordinal {
            number,
            mark,
            before: before.unwrap_or_default(),
        };
        (number <= super::spelling::LARGEST).then(|| (length, (self.spelling.ordinal)(&ordinal)))
    }

    fn abbreviation(&self) -> Option<(usize, String)> {
        if self.before().ends_with(is_letter) {
            return None;
        }
        let fits = |(written, _): &&(&str, &str)| self.is_abbreviation(written);
        let found = self.spelling.abbreviations.iter().filter(fits);
        let (written, said) = found.max_by_key(|(written, _)| written.len())?;
        let after = self.rest().get(written.len()..)?;
        let is_end = written.ends_with('.') && after.trim().is_empty();
        let stop = if is_end { "." } else { "" };
        Some((written.len(), format!("{said}{stop}")))
    }

    /// A single letter is a title before a name (`m. dupont`) or a unit behind a number (`5 h`), else a letter.
    fn is_abbreviation(&self, written: &str) -> bool {
        let Some(after) = self.rest().strip_prefix(written) else {
            return false;
        };
        let is_dotted = written.ends_with('.');
        let before = self.before().trim_end();
        let is_counted = before.ends_with(|c: char| c.is_ascii_digit());
        if written.trim_end_matches('.').chars().count() == 1 {
            let next = after.strip_prefix(' ').and_then(|next| next.chars().next());
            let is_title = is_dotted && !is_counted && next.is_some_and(char::is_alphanumeric);
            let is_unit = !is_dotted && is_counted && !after.starts_with(is_letter);
            return is_title || is_unit;
        }
        is_dotted || !after.starts_with(is_letter)
    }

    fn symbol(&self) -> Option<(usize, String)> {
        let next = self.rest().chars().next()?;
        let (sign, said) = self
            .spelling
            .symbols
            .iter()
            .find(|(sign, _)| *sign == next)?;
        Some((sign.len_utf8(), (*said).to_owned()))
    }

    fn say(&mut self, words: &str) {
        self.breathe();
        if self
            .said
            .ends_with(|c| is_part_of_word(c) || MARKS.contains(&c))
        {
            self.space();
        }
        self.said.push_str(words);
        self.is_parted = true;
    }

    fn copy(&mut self, c: char) {
        match c {
            'º' | 'ª' => self.space(),
            _ if is_part_of_word(c) && !c.is_numeric() && !c.is_uppercase() => self.letter(c),
            // An ending belongs to its number: `5'te`, `20-jährig`.
            '\'' | '-' if self.is_ending() => self.is_parted = false,
            '\'' if self.touches(char::is_alphabetic) => self.said.push(c),
            '-' if self.is_between(char::is_alphanumeric)
                && !self.is_between(|c| c.is_ascii_digit()) =>
            {
                self.said.push(c);
                self.is_parted = false;
            }
            '-' if !self.is_between(char::is_whitespace) => self.space(),
            '-' | '–' | '—' | '(' | ')' | '[' | ']' | '{' | '}' => self.bracket(),
            '…' => (0..LONGEST_RUN).for_each(|_| self.mark('.')),
            _ if OPENERS.contains(&c) => self.opener(c),
            _ if MARKS.contains(&c) && !self.is_between(|c| c.is_ascii_digit()) => self.mark(c),
            _ => self.space(),
        }
    }

    fn letter(&mut self, c: char) {
        if is_combining_mark(c) && !self.said.ends_with(is_part_of_word) {
            return;
        }
        self.breathe();
        let goes_on = is_east_asian(c) && self.said.ends_with(is_east_asian);
        if std::mem::take(&mut self.is_parted) && !goes_on
            || self.said.ends_with(MARKS) && !self.said.ends_with('.')
        {
            self.space();
        }
        self.said.push(c);
    }

    fn opener(&mut self, c: char) {
        self.breathe();
        self.space();
        self.said.push(c);
        self.is_parted = false;
    }

    fn bracket(&mut self) {
        if self.is_between(|c| c.is_ascii_digit()) {
            self.space();
        } else {
            self.breathes = !self.said.is_empty();
            self.space();
        }
    }

    /// Brackets and dashes are said as commas are.
    fn breathe(&mut self) {
        if std::mem::take(&mut self.breathes) {
            self.mark(',');
            self.space();
        }
    }

    /// A mark stands right behind its word. Of several, the stronger counts.
    fn mark(&mut self, mark: char) {
        self.said.truncate(self.said.trim_end().len());
        let is_soft = SOFT_MARKS.contains(&mark);
        let run = self.said.chars().rev().take_while(|c| MARKS.contains(c));
        let run = run.take(LONGEST_RUN).count();
        if self.said.is_empty() || run == LONGEST_RUN || run > 0 && is_soft {
            return;
        }
        if self.said.ends_with(SOFT_MARKS) {
            self.said.pop();
        }
        self.said.push(mark);
        self.breathes = false;
        self.is_parted = false;
    }

    fn space(&mut self) {
        let parts = self.spelling.spaced || self.said.ends_with(|c: char| c.is_ascii_alphabetic());
        if parts && !self.said.is_empty() && !self.said.ends_with([' ', '¿', '¡']) {
            self.said.push(' ');
        }
        self.is_parted = false;
    }

    /// The characters on both sides of the one that stands here are such.
    fn is_between(&self, such: fn(char) -> bool) -> bool {
        let after = self.rest().chars().nth(1);
        self.before().ends_with(such) && after.is_some_and(such)
    }

    /// A letter follows, and a number stands before.
    fn is_ending(&self) -> bool {
        let after = self.rest().chars().nth(1);
        self.before().ends_with(|c: char| c.is_ascii_digit()) && after.is_some_and(is_letter)
    }

    fn touches(&self, such: fn(char) -> bool) -> bool {
        self.before().ends_with(such) || self.rest().chars().nth(1).is_some_and(such)
    }
}

pub(super) fn is_part_of_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

/// A letter of a script that writes on without spaces: kana, characters, Hangul.
fn is_east_asian(c: char) -> bool {
    c.is_alphabetic() && c >= '\u{3000}'
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic() || is_combining_mark(c)
}
