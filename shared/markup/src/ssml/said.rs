//! `say-as`: what its text is, and how it is then read.

use kiskadee_shared::warning::WarningCode;

use super::{
    dates::{self, DateFields},
    notes::Note,
};
use crate::{SayAs, Saying, error::shown};

/// What the text of the element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interpretation {
    As(SayAs),
    /// A whole number if it looks like one, and else whatever it looks like.
    Number,
    Date(Option<DateFields>),
    Time,
    /// Hours, minutes and seconds that something lasts; whether the first part is hours.
    Duration(bool),
    Fraction,
    Unit,
    /// Money, of which the currency may stand beside the text.
    Currency([u8; 3]),
    /// Known by its form.
    Written,
    /// Not said at all.
    Bleep,
}

/// How a text is read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    Saying(Saying),
    Nothing,
}

const NO_CURRENCY: [u8; 3] = [0; 3];

impl Interpretation {
    pub(super) const NAMES: &str = "characters, spell-out, digits, cardinal, number, ordinal, fraction, unit, currency, telephone, date, \
         time, duration, address, name and expletive";

    /// None for a name that says nothing here.
    pub(super) fn named(name: &str, format: &str) -> Option<Self> {
        let format = format.to_ascii_lowercase();
        Some(match name.to_ascii_lowercase().as_str() {
            "number" => match format.as_str() {
                "" => Self::Number,
                format => Self::named(format, "").unwrap_or(Self::Number),
            },
            "characters" | "character" | "spell-out" | "spellout" | "spell" | "verbatim"
            | "letters" => Self::As(SayAs::Characters),
            "digits" | "digit" | "number_digit" => Self::As(SayAs::Digits),
            "cardinal" => Self::As(SayAs::Cardinal),
            "ordinal" => Self::As(SayAs::Ordinal),
            "telephone" | "phone" => Self::As(SayAs::Telephone),
            "date" => Self::Date(DateFields::named(&format)),
            "time" => Self::Time,
            "duration" => Self::Duration(format.starts_with('h') || format.is_empty()),
            "fraction" => Self::Fraction,
            "unit" | "measure" => Self::Unit,
            "currency" | "money" => Self::Currency(currency(&format)),
            "address" | "name" | "net" | "acronym" | "interjection" | "media" => Self::Written,
            "expletive" | "bleep" => Self::Bleep,
            _ => return None,
        })
    }

    /// How `text` is read in this language, with what the writer should know of it.
    pub(super) fn said(self, text: &str, language: &str) -> (Said, Option<Note>) {
        if self == Self::Bleep {
            let message =
                "<say-as> as `expletive` leaves its text out: a pause stands in its place"
                    .to_owned();
            return (Said::Nothing, Some((WarningCode::ElementIgnored, message)));
        }
        match self.saying(text.trim(), language) {
            Ok(saying) => (Said::Saying(saying), None),
            Err((kind, expected)) => {
                let found = shown(text.trim());
                let message = format!(
                    "<say-as> as `{kind}` takes {expected}, not `{found}`, which is read as any text"
                );
                (
                    Said::Saying(Saying::Written),
                    Some((WarningCode::ReadAsWritten, message)),
                )
            }
        }
    }

    fn saying(self, text: &str, language: &str) -> Result<Saying, (&'static str, &'static str)> {
        Ok(match self {
            Self::As(kind) => check(kind, text).map(|()| Saying::As(kind))?,
            Self::Number if is_whole(text) => Saying::As(SayAs::Cardinal),
            Self::Date(Some(fields)) => dates::date(fields, text, language)
                .ok_or(("date", "the parts that its `format` names, in figures"))?,
            Self::Date(None) => with_figure("date", text)?,
            Self::Time => time(text).map_or_else(|| with_figure("time", text), Ok)?,
            Self::Duration(has_hours) => {
                duration(text, has_hours).ok_or(("duration", "figures such as `01:18:30`"))?
            }
            Self::Fraction if text.contains('+') => Saying::Alias(text.replace('+', " ")),
            Self::Unit => Saying::Alias(apart(text)),
            Self::Currency(code) if code != NO_CURRENCY && is_amount(text) => {
                Saying::Alias(amount(code, text))
            }
            Self::Number | Self::Fraction | Self::Currency(_) | Self::Written | Self::Bleep => {
                Saying::Written
            }
        })
    }
}

/// By its sign where it has one of its own; the code of another currency is read by its name.
fn amount(code: [u8; 3], text: &str) -> String {
    let code = String::from_utf8_lossy(&code).to_uppercase();
    match code.as_str() {
        "USD" => format!("${text}"),
        "EUR" => format!("€{text}"),
        "GBP" => format!("£{text}"),
        "BRL" => format!("R$ {text}"),
        _ => format!("{text} {code}"),
    }
}

fn currency(format: &str) -> [u8; 3] {
    let code: Option<[u8; 3]> = format.as_bytes().try_into().ok();
    code.filter(|code| code.iter().all(u8::is_ascii_alphabetic))
        .unwrap_or(NO_CURRENCY)
}

fn check(kind: SayAs, text: &str) -> Result<(), (&'static str, &'static str)> {
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
    is_right.then_some(()).ok_or((name, expected))
}

/// Read as any text, for dates and times are known by their form.
fn with_figure(kind: &'static str, text: &str) -> Result<Saying, (&'static str, &'static str)> {
    text.contains(|c: char| c.is_ascii_digit())
        .then_some(Saying::Written)
        .ok_or((kind, "something with figures"))
}

/// Times in forms that no text has: `1'21"`, `0445pm`.
fn time(text: &str) -> Option<Saying> {
    if let Some((minutes, seconds)) = text.split_once('\'')
        && let Some(seconds) = seconds.strip_suffix('"')
        && is_figures(minutes)
        && is_figures(seconds)
    {
        return Some(Saying::Alias(format!("{minutes} min {seconds} s")));
    }
    let figures =
        text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || matches!(c, ' ' | '.'));
    if !is_figures(figures) || !matches!(figures.len(), 4 | 6) {
        return None;
    }
    let pairs: Vec<&str> = (0..figures.len())
        .step_by(2)
        .filter_map(|at| figures.get(at..at + 2))
        .collect();
    let rest = text.get(figures.len()..)?;
    Some(Saying::Alias(format!("{}{rest}", pairs.join(":"))))
}

/// In units that every language's rules read.
fn duration(text: &str, has_hours: bool) -> Option<Saying> {
    let parts: Vec<u32> = text
        .split([':', '.'])
        .map(|part| part.trim().parse().ok())
        .collect::<Option<_>>()?;
    let units: &[&str] = match (parts.len(), has_hours) {
        (3, _) => &["h", "min", "s"],
        (2, true) => &["h", "min"],
        (2, false) => &["min", "s"],
        _ => return None,
    };
    let said: Vec<String> = parts
        .iter()
        .zip(units)
        .filter(|(amount, _)| **amount > 0)
        .map(|(amount, unit)| format!("{amount} {unit}"))
        .collect();
    (!said.is_empty()).then(|| Saying::Alias(said.join(" ")))
}

/// Figures and the unit behind them with a blank between: `1meter`.
fn apart(text: &str) -> String {
    let mut apart = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if c.is_alphabetic() && apart.ends_with(|c: char| c.is_ascii_digit()) {
            apart.push(' ');
        }
        apart.push(c);
    }
    apart
}

fn is_figures(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_amount(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b',' | b' ' | b'-'))
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
    let rest: Vec<&str> = groups.collect();
    text.len() - bare.len() <= 1
        && is_figures(first)
        && (rest.is_empty() || first.len() <= 3)
        && rest
            .iter()
            .all(|group| group.len() == 3 && is_figures(group))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: &str, format: &str, text: &str) -> (Said, bool) {
        let (said, note) = Interpretation::named(name, format)
            .unwrap()
            .said(text, "en");
        (said, note.is_some())
    }

    fn alias(text: &str) -> (Said, bool) {
        (Said::Saying(Saying::Alias(text.to_owned())), false)
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
                assert!(
                    matches!(said(kind, "", text), (Said::Saying(Saying::As(_)), false)),
                    "{kind}: {text}"
                );
            }
            for text in bad {
                assert_eq!(
                    said(kind, "", text),
                    (Said::Saying(Saying::Written), true),
                    "{kind}: {text}"
                );
            }
        }
    }

    #[test]
    fn forms_of_other_systems_are_known() {
        let written = (Said::Saying(Saying::Written), false);
        assert_eq!(said("number", "", "3.5"), written);
        assert_eq!(
            said("number", "ordinal", "3"),
            (Said::Saying(Saying::As(SayAs::Ordinal)), false)
        );
        assert_eq!(said("currency", "", "$17.05"), written);
        assert_eq!(said("currency", "usd", "17.05"), alias("$17.05"));
        assert_eq!(said("fraction", "", "5+1/2"), alias("5 1/2"));
        assert_eq!(said("fraction", "", "2/9"), written);
        assert_eq!(said("unit", "", "1meter"), alias("1 meter"));
        assert_eq!(said("time", "hms12", "4:45pm"), written);
        assert_eq!(said("time", "hms12", "0445pm"), alias("04:45pm"));
        assert_eq!(said("time", "ms", "1'21\""), alias("1 min 21 s"));
        assert_eq!(
            said("duration", "hms", "01:18:30"),
            alias("1 h 18 min 30 s")
        );
        assert_eq!(said("expletive", "", "damn"), (Said::Nothing, true));
        assert!(Interpretation::named("song", "").is_none());
        assert_eq!(
            said("time", "", "noon"),
            (Said::Saying(Saying::Written), true)
        );
    }
}
