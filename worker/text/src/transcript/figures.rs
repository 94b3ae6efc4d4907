//! Numbers as they are written in figures, and as they are said.

use super::spelling::{Fraction, LARGEST, Spelling};

/// Figures of a fraction that are said as one number.
const FRACTION_FIGURES: usize = 3;
/// A dot is taken for that of a time of day up to here, in languages that write fractions with a comma: `14.30`.
const LAST_HOUR: u64 = 24;
const LAST_MINUTE: u64 = 59;

/// A number at the beginning of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Figures {
    /// Without what parts its groups.
    pub(super) whole: String,
    pub(super) fraction: String,
    /// Bytes of the text.
    pub(super) length: usize,
}

impl Figures {
    /// Reads as much of `text` as is one number. An amount of money is no time of day.
    pub(super) fn read(text: &str, spelling: &Spelling, is_money: bool) -> Option<Self> {
        let (whole, length, is_foreign) = whole(text, spelling)?;
        let rest = text.get(length..).unwrap_or_default();
        let other = other(spelling.decimal);
        let fraction = if is_foreign {
            fraction(rest, other)
        } else {
            fraction(rest, spelling.decimal).or_else(|| {
                let figures = fraction(rest, '.').filter(|_| spelling.decimal == ',')?;
                (is_money || !is_time(&whole, figures)).then_some(figures)
            })
        };
        let fraction = fraction.unwrap_or_default().to_owned();
        let length = length
            + if fraction.is_empty() {
                0
            } else {
                1 + fraction.len()
            };
        Some(Self {
            whole,
            fraction,
            length,
        })
    }

    /// Reads the figures up to the next sign.
    pub(super) fn run(text: &str) -> Option<Self> {
        let whole = run(text).to_owned();
        (!whole.is_empty()).then(|| Self {
            length: whole.len(),
            whole,
            fraction: String::new(),
        })
    }

    /// The number, unless it has a fraction or is to be said figure by figure.
    pub(super) fn integer(&self) -> Option<u64> {
        self.whole_number().filter(|_| self.fraction.is_empty())
    }

    /// The number before the fraction, unless it is to be said figure by figure.
    pub(super) fn whole_number(&self) -> Option<u64> {
        let is_code = self.whole.len() > 1 && self.whole.starts_with('0');
        let number = self.whole.parse().ok().filter(|&number| number <= LARGEST);
        number.filter(|_| !is_code)
    }

    pub(super) fn words(&self, spelling: &Spelling) -> String {
        let number = self.whole_number();
        let whole = number.map_or_else(|| each(&self.whole, spelling), spelling.cardinal);
        if self.fraction.is_empty() {
            return whole;
        }
        let gap = gap(spelling);
        match (&spelling.fraction, number) {
            (Fraction::Own(say), Some(number)) => say(number, &self.fraction),
            (Fraction::Own(_), None) => whole + gap + &each(&self.fraction, spelling),
            (Fraction::Figures(word), _) => {
                [&whole, *word, &each(&self.fraction, spelling)].join(gap)
            }
            (Fraction::Number(word), _) => {
                [&whole, *word, &as_number(&self.fraction, spelling)].join(gap)
            }
        }
    }
}

/// What stands between two words.
pub(super) fn gap(spelling: &Spelling) -> &'static str {
    if spelling.spaced { " " } else { "" }
}

/// Each figure by itself.
pub(super) fn each(figures: &str, spelling: &Spelling) -> String {
    let figures = figures.chars().filter_map(|figure| figure.to_digit(10));
    let words: Vec<String> = figures
        .map(|figure| (spelling.cardinal)(u64::from(figure)))
        .collect();
    words.join(gap(spelling))
}

/// Figures behind a decimal sign as a number: zeros first, then the rest in one where it is short.
pub(super) fn as_number(figures: &str, spelling: &Spelling) -> String {
    let rest = figures.trim_start_matches('0');
    let zeros = figures.strip_suffix(rest).unwrap_or_default();
    if rest.is_empty() || rest.len() > FRACTION_FIGURES {
        return each(figures, spelling);
    }
    let number = (spelling.cardinal)(rest.parse().unwrap_or_default());
    if zeros.is_empty() {
        number
    } else {
        each(zeros, spelling) + gap(spelling) + &number
    }
}

/// The figures of a whole number, how many bytes they are, and whether they are grouped as abroad: `1,234.5` where
/// others write `1.234,5`.
fn whole(text: &str, spelling: &Spelling) -> Option<(String, usize, bool)> {
    let run = run(text);
    let first = (!run.is_empty()).then_some(run)?;
    let own = spelling.thousands.iter();
    let own = own.filter(|&&sign| sign != spelling.decimal);
    let own = own.filter_map(|&sign| grouped(text, sign));
    if let Some((whole, length, _)) = own.max_by_key(|&(_, length, _)| length) {
        return Some((whole, length, false));
    }
    if let Some((whole, length, groups)) = grouped(text, spelling.decimal) {
        let after = text.get(length..).unwrap_or_default();
        let is_round = spelling.decimal == ',' && whole.ends_with("000");
        if groups > 1 || is_round || fraction(after, other(spelling.decimal)).is_some() {
            return Some((whole, length, true));
        }
    }
    Some((first.to_owned(), first.len(), false))
}

/// Groups of three figures with `sign` between them, at least two.
fn grouped(text: &str, sign: char) -> Option<(String, usize, usize)> {
    let first = run(text);
    let (mut whole, mut length, mut groups) = (first.to_owned(), first.len(), 0);
    while first.len() <= 3
        && let Some(rest) = text.get(length..).and_then(|rest| rest.strip_prefix(sign))
        && let group = run(rest)
        && group.len() == 3
    {
        whole.push_str(group);
        length += sign.len_utf8() + group.len();
        groups += 1;
    }
    let ends = text.get(length..).is_none_or(|rest| {
        let more = rest.strip_prefix(sign).filter(|_| sign != ' ');
        more.is_none_or(|more| run(more).is_empty())
    });
    (groups > 0 && ends && first != "0").then_some((whole, length, groups))
}

/// The figures behind a decimal sign, unless the like goes on behind them as in a date or a version.
fn fraction(text: &str, sign: char) -> Option<&str> {
    let figures = run(text.strip_prefix(sign)?);
    let after = text.get(sign.len_utf8() + figures.len()..)?;
    let goes_on = after
        .strip_prefix(['.', ','])
        .is_some_and(|more| !run(more).is_empty());
    (!figures.is_empty() && !goes_on).then_some(figures)
}

/// Hours and minutes with a dot between them.
fn is_time(hours: &str, minutes: &str) -> bool {
    let up_to = |figures: &str, last| figures.parse::<u64>().is_ok_and(|number| number <= last);
    hours.len() <= 2 && minutes.len() == 2 && up_to(hours, LAST_HOUR) && up_to(minutes, LAST_MINUTE)
}

fn other(decimal: char) -> char {
    if decimal == ',' { '.' } else { ',' }
}

fn run(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_digit());
    text.get(..end.unwrap_or(text.len())).unwrap_or_default()
}
