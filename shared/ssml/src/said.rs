//! `say-as`: what its text must look like, and how it is then read.

use crate::{Fault, SayAs, Saying, error::shown};

/// The order of the parts of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateOrder {
    MonthDayYear,
    DayMonthYear,
    YearMonthDay,
}

impl DateOrder {
    pub(crate) const NAMES: &str = "mdy, dmy or ymd";

    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "mdy" => Self::MonthDayYear,
            "dmy" => Self::DayMonthYear,
            "ymd" => Self::YearMonthDay,
            _ => return None,
        })
    }

    /// Year, month and day.
    fn sort(self, [first, second, third]: [u16; 3]) -> [u16; 3] {
        match self {
            Self::MonthDayYear => [third, first, second],
            Self::DayMonthYear => [third, second, first],
            Self::YearMonthDay => [first, second, third],
        }
    }
}

/// What the text of the element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interpretation {
    As(SayAs),
    Date(Option<DateOrder>),
    Time,
}

impl Interpretation {
    pub(crate) const NAMES: &str =
        "characters, spell-out, digits, cardinal, ordinal, telephone, date or time";

    pub(crate) fn named(name: &str, order: Option<DateOrder>) -> Option<Self> {
        Some(match name {
            "characters" | "spell-out" => Self::As(SayAs::Characters),
            "digits" => Self::As(SayAs::Digits),
            "cardinal" => Self::As(SayAs::Cardinal),
            "ordinal" => Self::As(SayAs::Ordinal),
            "telephone" => Self::As(SayAs::Telephone),
            "date" => Self::Date(order),
            "time" => Self::Time,
            _ => return None,
        })
    }

    /// How `text` is read, when it is of this kind.
    pub(crate) fn saying(self, text: &str) -> Result<Saying, Fault> {
        let text = text.trim();
        match self {
            Self::As(kind) => check(kind, text).map(|()| Saying::As(kind)),
            Self::Date(Some(order)) => date(order, text)
                .map(Saying::Alias)
                .ok_or_else(|| unlike("date", text, "day, month and year in figures")),
            Self::Date(None) => with_figure("date", text),
            Self::Time => with_figure("time", text),
        }
    }
}

fn check(kind: SayAs, text: &str) -> Result<(), Fault> {
    let (is_right, name, expected) = match kind {
        SayAs::Characters => return Ok(()),
        SayAs::Digits => (is_digits(text), "digits", "figures such as `4021`"),
        SayAs::Cardinal => (
            is_whole(text),
            "cardinal",
            "a whole number such as `-12` or `1,234`",
        ),
        SayAs::Ordinal => (
            is_ordinal(text),
            "ordinal",
            "a whole number such as `21` or `21st`",
        ),
        SayAs::Telephone => (
            is_telephone(text),
            "telephone",
            "a number such as `+1 555 010 0199`",
        ),
    };
    if is_right {
        Ok(())
    } else {
        Err(unlike(name, text, expected))
    }
}

fn unlike(kind: &'static str, text: &str, expected: &'static str) -> Fault {
    Fault::Said {
        kind,
        found: shown(text),
        expected,
    }
}

/// Read as any text, for dates and times are known by their form.
fn with_figure(kind: &'static str, text: &str) -> Result<Saying, Fault> {
    if text.contains(|c: char| c.is_ascii_digit()) {
        Ok(Saying::Written)
    } else {
        Err(unlike(kind, text, "something with figures"))
    }
}

fn is_digits(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | ','))
}

/// Figures, or groups of three with marks between them.
fn is_whole(text: &str) -> bool {
    let bare = text.trim_start_matches(['+', '-']);
    let mut groups = bare.split([',', '.', ' ', '\'']);
    let first = groups.next().unwrap_or_default();
    let figures = |group: &str| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit());
    let rest: Vec<&str> = groups.collect();
    text.len() - bare.len() <= 1
        && figures(first)
        && (rest.is_empty() || first.len() <= 3)
        && rest.iter().all(|group| group.len() == 3 && figures(group))
}

fn is_ordinal(text: &str) -> bool {
    let figures = text.trim_end_matches(|c: char| c.is_alphabetic() || c == 'º' || c == '.');
    text.chars().count() <= figures.chars().count() + 3
        && !figures.starts_with(['+', '-'])
        && is_whole(figures)
}

fn is_telephone(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
        && text.chars().enumerate().all(|(at, c)| {
            c.is_ascii_digit()
                || matches!(c, ' ' | '-' | '.' | '/' | '(' | ')')
                || c == '+' && at == 0
        })
}

/// In the form that is read in every language: `2024-12-25`.
fn date(order: DateOrder, text: &str) -> Option<String> {
    let parts: Vec<u16> = text
        .split(['/', '-', '.', ' '])
        .map(|part| {
            (part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit()))
                .then(|| part.parse().ok())?
        })
        .collect::<Option<_>>()?;
    let [year, month, day] = order.sort(parts.try_into().ok()?);
    let year = match year {
        0..50 => year + 2000,
        50..100 => year + 1900,
        _ => year,
    };
    ((1..=12).contains(&month) && (1..=31).contains(&day) && year >= 1000)
        .then(|| format!("{year}-{month:02}-{day:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: &str, format: Option<&str>, text: &str) -> Result<Saying, Fault> {
        let order = format.and_then(DateOrder::named);
        Interpretation::named(name, order).unwrap().saying(text)
    }

    #[test]
    fn dates_are_brought_into_one_order() {
        let iso = |format, text| match said("date", Some(format), text) {
            Ok(Saying::Alias(alias)) => Some(alias),
            _ => None,
        };
        assert_eq!(iso("mdy", "3/4/2025").as_deref(), Some("2025-03-04"));
        assert_eq!(iso("dmy", "3.4.25").as_deref(), Some("2025-04-03"));
        assert_eq!(iso("ymd", "1999-12-31").as_deref(), Some("1999-12-31"));
        for bad in [
            "13/1/2025",
            "1/32/2025",
            "1/2",
            "1/2/3/4",
            "a/b/c",
            "",
            "1/2/99999",
        ] {
            assert_eq!(iso("mdy", bad), None, "{bad}");
        }
        assert_eq!(said("date", None, "May 5th"), Ok(Saying::Written));
        assert!(said("time", None, "noon").is_err());
    }

    #[test]
    fn numbers_must_look_like_numbers() {
        for (kind, good, bad) in [
            (
                "cardinal",
                vec!["7", "-12", "1,234", "1.234.567", "2025"],
                vec!["", "3.5", "12,34", "--1", "ten", "1234,567"],
            ),
            (
                "ordinal",
                vec!["3", "21st", "2ª", "1º", "3."],
                vec!["", "first", "-1", "3third"],
            ),
            ("digits", vec!["4021", "12 34-56"], vec!["", "-", "12a"]),
            (
                "telephone",
                vec!["+1 (555) 010-0199"],
                vec!["", "call", "1+1"],
            ),
        ] {
            for text in good {
                assert!(said(kind, None, text).is_ok(), "{kind}: {text}");
            }
            for text in bad {
                assert!(said(kind, None, text).is_err(), "{kind}: {text}");
            }
        }
    }
}
