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

/// Groups of three figures with `sign` between them, at least two. With commas, those before the last may be of two, as
/// in India: `1,00,000`.
fn grouped(text: &str, sign: char) -> Option<(String, usize, usize)> {
    let first = run(text);
    let (mut whole, mut length, mut sizes) = (first.to_owned(), first.len(), Vec::new());
    while let Some(rest) = text.get(length..).and_then(|rest| rest.strip_prefix(sign))
        && let group = run(rest)
        && (group.len() == 3 || group.len() == 2 && sign == ',')
    {
        whole.push_str(group);
        length += sign.len_utf8() + group.len();
        sizes.push(group.len());
    }
    let ends = text.get(length..).is_none_or(|rest| {
        let more = rest.strip_prefix(sign).filter(|_| sign != ' ');
        more.is_none_or(|more| run(more).is_empty())
    });
    let (last, before) = sizes.split_last()?;
    let is_indian = first.len() <= 2 && before.iter().all(|&size| size == 2);
    let is_plain = first.len() <= 3 && before.iter().all(|&size| size == 3);
    let is_number = *last == 3 && (is_indian || is_plain) && first != "0";
    (ends && is_number).then_some((whole, length, sizes.len()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::{TranscriptLanguage, languages::spelling};

    fn read(text: &str, language: TranscriptLanguage) -> (String, String, usize) {
        let figures = Figures::read(text, spelling(language).unwrap(), false).unwrap();
        (figures.whole, figures.fraction, figures.length)
    }

    #[test]
    fn groups_and_fractions_are_told_apart() {
        for (text, whole, fraction, length) in [
            ("7", "7", "", 1),
            ("1.234", "1234", "", 5),
            ("1.234,5 x", "1234", "5", 7),
            ("1,234.56", "1234", "56", 8),
            ("1,234,567", "1234567", "", 9),
            ("100,000", "100000", "", 7),
            ("100,001", "100", "001", 7),
            ("1 000 000 x", "1000000", "", 9),
            ("1000 000", "1000", "", 4),
            ("1 0000", "1", "", 1),
            ("3.5", "3", "5", 3),
            ("14.30", "14", "", 2),
            ("12.05.2024", "12", "", 2),
            ("1,2,3", "1", "", 1),
            ("0,001", "0", "001", 5),
            ("1,00,000", "100000", "", 8),
        ] {
            assert_eq!(
                read(text, TranscriptLanguage::German),
                (whole.to_owned(), fraction.to_owned(), length),
                "{text}"
            );
        }
    }

    #[test]
    fn numbers_without_words_are_said_figure_by_figure() {
        let spelling = spelling(TranscriptLanguage::German).unwrap();
        let said = |text| {
            Figures::read(text, spelling, false)
                .unwrap()
                .words(spelling)
        };
        assert_eq!(said("007"), "null null sieben");
        assert_eq!(
            said("1234567890123456"),
            "eins zwei drei vier fünf sechs sieben acht neun null eins zwei drei vier fünf sechs"
        );
        assert_eq!(said("100000000000000"), "einhundert billionen");
    }
}
