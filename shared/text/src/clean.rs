//! Makes the writing of a sentence uniform, so that the rules of a language see one form of each sign.
//!
//! Characters are composed and folded to their plain form (NFKC: `ﬁ` to `fi`, `２` to `2`) except where the fold
//! would lose meaning (`½`, `²`, `º`). White space becomes single spaces, curly quotes straight ones, and what cannot be
//! seen is gone. Every byte remembers the part of the input it came from.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// Marks that one character may carry; what piles up beyond that is noise.
const MOST_MARKS: usize = 8;

/// A sentence in uniform writing.
#[derive(Debug, Default)]
pub(crate) struct Clean {
    text: String,
    /// The part of the input that each byte of `text` stands for.
    sources: Vec<Range<usize>>,
}

impl Clean {
    /// `offset` is where `sentence` begins in the input.
    pub(crate) fn new(sentence: &str, offset: usize) -> Self {
        let mut clean = Self::default();
        for (at, grapheme) in sentence.grapheme_indices(true) {
            let source = offset + at..offset + at + grapheme.len();
            let mut chars = grapheme.chars();
            match (chars.next(), chars.next()) {
                (Some(only), None) if only.is_ascii() || keeps_its_form(only) => {
                    clean.push(only, &source);
                }
                _ => clean.push_folded(grapheme, &source),
            }
        }
        clean
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The text as `rewrite` has it, which must keep the length of every character.
    pub(crate) fn rewritten(mut self, rewrite: impl Fn(&str) -> String) -> Self {
        let text = rewrite(&self.text);
        if text.len() == self.text.len() {
            self.text = text;
        }
        self
    }

    /// The part of the input that a part of the clean text stands for.
    pub(crate) fn source(&self, range: Range<usize>) -> Range<usize> {
        let sources = self.sources.get(range).unwrap_or_default();
        match (sources.first(), sources.last()) {
            (Some(first), Some(last)) => first.start..last.end,
            _ => 0..0,
        }
    }

    fn push_folded(&mut self, grapheme: &str, source: &Range<usize>) {
        let visible = grapheme.chars().filter(|&c| !is_invisible(c));
        let kept: String = visible.take(1 + MOST_MARKS).collect();
        if kept.chars().all(keeps_its_form) {
            kept.chars().for_each(|c| self.push(c, source));
        } else {
            kept.nfkc().for_each(|c| self.push(c, source));
        }
    }

    fn push(&mut self, c: char, source: &Range<usize>) {
        let c = uniform(c);
        if is_invisible(c) || c == ' ' && self.text.ends_with(' ') {
            return;
        }
        self.text.push(c);
        self.sources
            .extend(std::iter::repeat_n(source.clone(), c.len_utf8()));
    }
}

/// Signs whose compatibility form says something else: fractions, exponents, ordinal letters.
fn keeps_its_form(c: char) -> bool {
    matches!(c, '¼'..='¾' | '⅐'..='⅞' | '↉' | '²' | '³' | '¹' | '⁰'..='⁹' | '₀'..='₉' | 'ª' | 'º' | '…' | '™' | '´' | '¨')
}

fn uniform(c: char) -> char {
    match c {
        '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}' | '\u{2032}' | '\u{02bc}'
        | '\u{00b4}' => '\'',
        '\u{201c}'..='\u{201f}' | '\u{2033}' | '«' | '»' => '"',
        '\u{2010}' | '\u{2011}' | '\u{2212}' => '-',
        '\u{2012}' => '–',
        '\u{2015}' => '—',
        '\u{2044}' | '\u{2215}' => '/',
        '。' => '.',
        '、' => ',',
        '\u{00b5}' => '\u{03bc}',
        c if c.is_whitespace() || c.is_control() => ' ',
        c if c.is_numeric() && !c.is_ascii() && !keeps_its_form(c) => ascii_digit(c).unwrap_or(c),
        c => c,
    }
}

/// The figure that a digit of another script stands for.
fn ascii_digit(c: char) -> Option<char> {
    let mut plain = deunicode::deunicode_char(c)?.chars();
    let digit = plain.next().filter(char::is_ascii_digit)?;
    plain.next().is_none().then_some(digit)
}

/// Joiners, direction marks, variation selectors and the like.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{20e3}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffd}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_becomes_uniform() {
        for (written, clean) in [
            ("a\u{a0}\u{2009}\tb\r\nc", "a b c"),
            ("“don’t”", "\"don't\""),
            ("cafe\u{301}", "café"),
            ("ﬁ２％", "fi2%"),
            ("2½ m² 1º…", "2½ m² 1º…"),
            ("٣५", "35"),
            ("1\u{fe0f}\u{20e3} soft\u{ad}hyphen\u{200b}", "1 softhyphen"),
            ("\0bell\u{7}", " bell "),
        ] {
            assert_eq!(Clean::new(written, 0).text(), clean);
        }
    }

    #[test]
    fn every_byte_knows_its_source() {
        let clean = Clean::new("é\u{301}“x”", 10);
        let start = clean.text().find('x').unwrap();
        assert_eq!(clean.source(start..start + 1), 17..18);
        assert_eq!(clean.source(start - 1..start), 14..17);
        assert_eq!(clean.source(0..start + 2), 10..21);
    }
}
