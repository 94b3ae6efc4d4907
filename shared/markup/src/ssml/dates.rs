//! Dates whose parts come in a said order.

use crate::{Saying, document::primary};

/// A part of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Year,
    Month,
    Day,
}

/// The parts of a date in their order, with how many figures each was said to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DateFields([Option<(Field, usize)>; 3]);

/// What a date says.
#[derive(Debug, Default)]
struct Parts {
    year: Option<u16>,
    month: Option<u16>,
    day: Option<u16>,
}

impl DateFields {
    /// `mdy`, `dm`, `yyyymmdd` and their like.
    pub(super) fn named(format: &str) -> Option<Self> {
        let mut fields: [Option<(Field, usize)>; 3] = [None; 3];
        let mut count = 0_usize;
        for letter in format.chars() {
            let field = match letter {
                'y' => Field::Year,
                'm' => Field::Month,
                'd' => Field::Day,
                _ => return None,
            };
            match count.checked_sub(1).and_then(|last| fields.get_mut(last)) {
                Some(Some((last, width))) if *last == field => *width += 1,
                _ => {
                    *fields.get_mut(count)? = Some((field, 1));
                    count += 1;
                }
            }
        }
        let is_twice = |field| {
            fields
                .iter()
                .flatten()
                .filter(|(found, _)| *found == field)
                .count()
                > 1
        };
        let is_right = count > 0
            && ![Field::Year, Field::Month, Field::Day]
                .into_iter()
                .any(is_twice);
        is_right.then_some(Self(fields))
    }

    fn iter(&self) -> impl Iterator<Item = (Field, usize)> {
        self.0.iter().flatten().copied()
    }

    /// The parts of the text, at their marks or, where it has none, by their widths.
    fn cut<'a>(&self, text: &'a str) -> Option<Vec<&'a str>> {
        let count = self.iter().count();
        let marked: Vec<&str> = text
            .split(['/', '-', '.', ' ', ','])
            .filter(|part| !part.is_empty())
            .collect();
        if marked.len() == count || count == 1 {
            return Some(marked);
        }
        let said = self.iter().map(|(_, width)| width).collect::<Vec<_>>();
        let usual = self
            .iter()
            .map(|(field, _)| if field == Field::Year { 4 } else { 2 })
            .collect();
        let widths = [said, usual]
            .into_iter()
            .find(|widths| widths.iter().sum::<usize>() == text.len())?;
        let mut from = 0;
        let part = |width| {
            let part = text.get(from..from + width);
            from += width;
            part
        };
        widths.into_iter().map(part).collect()
    }
}

/// As it is read in the language; none where the text is no such date.
pub(super) fn date(fields: DateFields, text: &str, language: &str) -> Option<Saying> {
    let cut = fields.cut(text)?;
    if cut.iter().any(|part| part.contains(char::is_alphabetic)) {
        return Some(Saying::Written);
    }
    if cut.len() != fields.iter().count() {
        return None;
    }
    let mut parts = Parts::default();
    for ((field, _), part) in fields.iter().zip(cut) {
        if part.bytes().all(|b| b == b'?') {
            continue;
        }
        let is_number = part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit());
        let number = is_number.then(|| part.parse().ok()).flatten();
        match field {
            Field::Year => parts.year = Some(full_year(number?)).filter(|year| *year >= 1000),
            Field::Month => parts.month = Some(number.filter(|month| (1..=12).contains(month))?),
            Field::Day => parts.day = Some(number.filter(|day| (1..=31).contains(day))?),
        }
    }
    parts.written(language)
}

fn full_year(year: u16) -> u16 {
    match year {
        0..50 => year + 2000,
        50..100 => year + 1900,
        _ => year,
    }
}

const ENGLISH: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const PORTUGUESE: [&str; 12] = [
    "janeiro",
    "fevereiro",
    "março",
    "abril",
    "maio",
    "junho",
    "julho",
    "agosto",
    "setembro",
    "outubro",
    "novembro",
    "dezembro",
];

impl Parts {
    /// A whole date in the form that is read in every language, `2024-12-25`; a part of one in words where the language is known.
    fn written(&self, language: &str) -> Option<Saying> {
        let is_portuguese = primary(language).eq_ignore_ascii_case("pt");
        let month = |month: u16| {
            let names = if is_portuguese { PORTUGUESE } else { ENGLISH };
            names
                .get(usize::from(month) - 1)
                .copied()
                .unwrap_or_default()
        };
        let alias = match (self.year, self.month, self.day) {
            (Some(year), Some(month), Some(day)) => format!("{year}-{month:02}-{day:02}"),
            _ if !is_portuguese && !primary(language).eq_ignore_ascii_case("en") => {
                return Some(Saying::Written);
            }
            (Some(year), Some(of), None) if is_portuguese => format!("{} de {year}", month(of)),
            (Some(year), Some(of), None) => format!("{} {year}", month(of)),
            (None, Some(of), Some(day)) if is_portuguese => format!("{day} de {}", month(of)),
            (None, Some(of), Some(day)) => format!("{} {day}", month(of)),
            (None, Some(of), None) => month(of).to_owned(),
            (Some(year), None, None) => year.to_string(),
            (None, None, Some(day)) => day.to_string(),
            _ => return None,
        };
        Some(Saying::Alias(alias))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(format: &str, text: &str, language: &str) -> Option<String> {
        match date(DateFields::named(format)?, text, language)? {
            Saying::Alias(alias) => Some(alias),
            _ => Some("as written".to_owned()),
        }
    }

    #[test]
    fn whole_dates_are_brought_into_one_order() {
        for (format, text, expected) in [
            ("mdy", "3/4/2025", "2025-03-04"),
            ("dmy", "3.4.25", "2025-04-03"),
            ("ymd", "1999-12-31", "1999-12-31"),
            ("yyyymmdd", "1987-03-21", "1987-03-21"),
            ("yyyymmdd", "19870321", "1987-03-21"),
            ("mmddyyyy", "03211987", "1987-03-21"),
            ("ddmmyy", "210387", "1987-03-21"),
            ("mdy", "21 mar 1987", "as written"),
        ] {
            assert_eq!(
                said(format, text, "en").as_deref(),
                Some(expected),
                "{format}: {text}"
            );
        }
        for bad in ["13/1/2025", "1/32/2025", "1/2", "1/2/3/4", "", "1/2/99999"] {
            assert_eq!(said("mdy", bad, "en"), None, "{bad}");
        }
    }

    #[test]
    fn parts_of_dates_are_in_words() {
        for (format, text, english, portuguese) in [
            ("md", "3/21", "March 21", "21 de março"),
            ("dm", "21-3", "March 21", "21 de março"),
            ("my", "3/1987", "March 1987", "março de 1987"),
            ("yyyymmdd", "????0922", "September 22", "22 de setembro"),
            ("m", "3", "March", "março"),
            ("y", "1987", "1987", "1987"),
        ] {
            assert_eq!(
                said(format, text, "en-US").as_deref(),
                Some(english),
                "{format}: {text}"
            );
            assert_eq!(
                said(format, text, "pt-BR").as_deref(),
                Some(portuguese),
                "{format}: {text}"
            );
            if format != "yyyymmdd" {
                assert_eq!(said(format, text, "fr").as_deref(), Some("as written"));
            }
        }
        for bad in ["", "dmd", "x", "dmyh"] {
            assert!(DateFields::named(bad).is_none(), "{bad}");
        }
    }
}
