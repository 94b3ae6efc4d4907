//! What a language has to say for what is not written in words: the one table that each language fills in.
//!
//! All words are in lower case. Numbers beyond [`LARGEST`] never reach a language; they are said figure by figure.

/// The largest number that has words.
pub(super) const LARGEST: u64 = 999_999_999_999_999;

/// How a language writes out what is not words.
pub(super) struct Spelling {
    /// Words are parted by spaces (not in Chinese and Japanese).
    pub(super) spaced: bool,
    /// A number up to [`LARGEST`] in words.
    pub(super) cardinal: fn(u64) -> String,
    pub(super) ordinal: fn(&Ordinal<'_>) -> String,
    /// Matches an ordinal at its number, in lower case: group 1 is the number, group 2 its mark (`([0-9]+)(º|ª)`).
    /// White space in it is ignored. No letter or figure may follow, save kana, characters and Hangul, and behind these. A mark that ends in a full stop counts only behind
    /// at most three figures and before a space and a letter or a figure. None where the language has no written form.
    pub(super) ordinal_pattern: Option<&'static str>,
    /// What may part groups of three figures. A space counts only where three figures follow each; no-break spaces have
    /// become spaces.
    pub(super) thousands: &'static [char],
    /// Parts a number from its fraction.
    pub(super) decimal: char,
    pub(super) fraction: Fraction,
    /// Said before a negative number.
    pub(super) minus: &'static str,
    /// The percentage of a number. `whole` is the number where it is without a fraction, `words` what is said for it.
    pub(super) percent: fn(words: &str, whole: Option<u64>) -> String,
    /// So many of something, with the number in the noun's gender and the noun in the number's form: `zwei euro`.
    pub(super) counted: fn(u64, &Noun) -> String,
    pub(super) currencies: &'static [Currency],
    /// Between the amounts of a currency and its parts, with the spaces it needs: ` und `.
    pub(super) and: &'static str,
    /// Signs that stand alone, also those of currencies.
    pub(super) symbols: &'static [(char, &'static str)],
    /// As written, in lower case with the full stop, and what is said.
    pub(super) abbreviations: &'static [(&'static str, &'static str)],
}

/// An ordinal as written.
pub(super) struct Ordinal<'a> {
    pub(super) number: u64,
    /// What marks it as an ordinal: `º`, `.`.
    pub(super) mark: &'a str,
    /// The word before it, which may govern its case; empty where there is none.
    pub(super) before: &'a str,
}

/// How the figures behind the decimal sign are said.
pub(super) enum Fraction {
    /// Each by itself, behind this word.
    Figures(&'static str),
    /// As a number, behind this word: `virgule cinquante-six`. Zeros at its beginning and long fractions are said figure by
    /// figure.
    Number(&'static str),
    /// In a way of the language's own, from the whole number and the figures.
    Own(fn(whole: u64, figures: &str) -> String),
}

/// A thing that can be counted, in the forms that its number asks for.
pub(super) struct Noun {
    pub(super) one: &'static str,
    /// Behind two to four in Slavic languages; as `many` elsewhere.
    pub(super) few: &'static str,
    pub(super) many: &'static str,
    pub(super) gender: Gender,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gender {
    Masculine,
    Feminine,
    Neuter,
}

/// A currency by its sign, which stands before or behind the amount.
pub(super) struct Currency {
    pub(super) sign: &'static str,
    pub(super) whole: Noun,
    /// The hundredth part; none for a currency without.
    pub(super) part: Option<Noun>,
}

impl Noun {
    /// A noun of one plural.
    pub(super) const fn new(one: &'static str, many: &'static str, gender: Gender) -> Self {
        Self {
            one,
            few: many,
            many,
            gender,
        }
    }

    /// A noun of one form.
    pub(super) const fn fixed(word: &'static str) -> Self {
        Self::new(word, word, Gender::Masculine)
    }

    /// A noun with a form of its own behind two to four.
    pub(super) const fn slavic(
        one: &'static str,
        few: &'static str,
        many: &'static str,
        gender: Gender,
    ) -> Self {
        Self {
            one,
            few,
            many,
            gender,
        }
    }
}
