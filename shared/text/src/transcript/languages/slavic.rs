//! What Polish, Czech and Russian share: nouns that take one of three forms by their number, also those for large numbers.

use crate::transcript::spelling::{Gender, Noun};

/// How one of these languages counts.
pub(super) struct Counting {
    /// Words below a thousand, in a gender; empty for zero.
    pub(super) below_thousand: fn(u64, Gender) -> String,
    /// Thousand, million, milliard, billion.
    pub(super) scales: [Noun; 4],
    /// Scales below this place leave out their `one`: `tysiąc`, not `jeden tysiąc`.
    pub(super) silent_ones: usize,
    pub(super) zero: &'static str,
    pub(super) form: fn(u64) -> Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    One,
    Few,
    Many,
}

impl Counting {
    pub(super) fn cardinal(&self, number: u64, gender: Gender) -> String {
        if number == 0 {
            return self.zero.to_owned();
        }
        let mut words = Vec::new();
        for (place, scale) in self.scales.iter().enumerate().rev() {
            let count = group(number, place + 1);
            if count == 1 && place < self.silent_ones {
                words.push(scale.one.to_owned());
            } else if count > 0 {
                words.push((self.below_thousand)(count, scale.gender));
                words.push(self.noun(count, scale).to_owned());
            }
        }
        if !number.is_multiple_of(1000) {
            words.push((self.below_thousand)(number % 1000, gender));
        }
        words.join(" ")
    }

    pub(super) fn counted(&self, number: u64, noun: &Noun) -> String {
        let words = self.cardinal(number, noun.gender);
        format!("{words} {}", self.noun(number, noun))
    }

    pub(super) fn noun(&self, number: u64, noun: &Noun) -> &'static str {
        match (self.form)(number) {
            Form::One => noun.one,
            Form::Few => noun.few,
            Form::Many => noun.many,
        }
    }
}

/// Three figures of a number, counted from its end.
fn group(number: u64, place: usize) -> u64 {
    let mut rest = number;
    for _ in 0..place {
        rest /= 1000;
    }
    rest % 1000
}

/// Hundreds, tens and units as words of their own.
pub(super) fn parted(
    number: u64,
    hundreds: &[&'static str; 10],
    tens: &[&'static str; 10],
    unit: impl Fn(u64) -> &'static str,
) -> String {
    let hundred = hundreds[(number / 100 % 10) as usize];
    let (ten, rest) = match number % 100 {
        rest if rest < 20 => ("", rest),
        rest => (tens[(rest / 10) as usize], rest % 10),
    };
    let one = if rest == 0 { "" } else { unit(rest) };
    let words = [hundred, ten, one].into_iter();
    words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
