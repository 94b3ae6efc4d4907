//! Dates, months and days of the week.

use super::{ends, gender::Gender::Masculine, joined, number};
use crate::reading::{Place, Reading, patterns};

const MONTHS: [&str; 12] = [
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
/// What stands before a day and a month without a year; otherwise `5/10` is a fraction.
const BEFORE_DATES: &[&str] = &[
    "dia", "em", "até", "desde", "no", "do", "de", "ao", "a", "e", "entre", "após", "antes",
    "partir", "data", "dias",
];
/// What makes even `1/5` a date.
const ALWAYS_BEFORE_DATES: &[&str] = &["dia", "dias", "data", "até", "desde"];
const WEEKDAYS: [(&str, &str); 7] = [
    ("seg", "segunda feira"),
    ("ter", "terça feira"),
    ("qua", "quarta feira"),
    ("qui", "quinta feira"),
    ("sex", "sexta feira"),
    ("sáb", "sábado"),
    ("dom", "domingo"),
];

patterns! {
    FULL = r"([0-9]{1,2})º?([/.-])([0-9]{1,2})([/.-])([0-9]{4}|[0-9]{2})";
    YEAR_FIRST = r"([0-9]{4})[/-]([0-9]{2})[/-]([0-9]{2})";
    SHORT_MONTH = r"(?i)([0-9]{1,2})[/-](jan|fev|mar|abr|mai|jun|jul|ago|set|out|nov|dez)(?:[/-]([0-9]{4}|[0-9]{2}))?";
    DAY_MONTH = r"([0-9]{1,2})/([0-9]{1,2})";
    FIRST_MONTH = r"(1)º/([0-9]{1,2})";
    NAMED = r"(?i)(0?1|[0-9]{1,2})(?:º|°|o)?\x20de\x20(jan|fev|mar|abr|mai|jun|jul|ago|set|out|nov|dez)(\p{L}*)\.?";
    MONTH_YEAR = r"(?i)(jan|fev|mar|abr|mai|jun|jul|ago|set|out|nov|dez)\.?(?:/|\x20de\x20)([0-9]{4}|[0-9]{2})";
    NUMERIC_MONTH = r"(0[1-9]|1[0-2])/([12][0-9]{3})";
    WEEKDAY = r"(?i)(seg|ter|qua|qui|sex|sáb|dom)(?:\.,|,|\.)\x20[0-9]";
    TUESDAY = r"3[ªa]\.?[\x20-](feiras?)\b";
}

/// `25/12/2024`, `2024-12-25`, `25/12` after a word like `dia`.
pub(super) fn numeric_date(place: &Place<'_>) -> Option<Reading> {
    if joined(place) {
        return None;
    }
    let (length, spoken) = full(place)
        .or_else(|| year_first(place))
        .or_else(|| day_and_short_month(place))
        .or_else(|| day_and_number(place))?;
    let after = place.after(length);
    (ends(after) && !after.starts_with(['/', '%'])).then(|| Reading::new(length, spoken))
}

fn full(place: &Place<'_>) -> Option<(usize, String)> {
    let found = place.captures(&FULL)?;
    let day = day(&found[1])?;
    let (month, same) = (month_number(&found[3])?, found[2] == found[4]);
    let year = number::cardinal(found[5].trim_start_matches('0'), Masculine);
    (same && !year.is_empty()).then(|| (found[0].len(), format!("{day} de {month} de {year}")))
}

fn year_first(place: &Place<'_>) -> Option<(usize, String)> {
    let found = place.captures(&YEAR_FIRST)?;
    let (day, month) = (day(&found[3])?, month_number(&found[2])?);
    let year = number::cardinal(&found[1], Masculine);
    Some((found[0].len(), format!("{day} de {month} de {year}")))
}

fn day_and_number(place: &Place<'_>) -> Option<(usize, String)> {
    if let Some(found) = place.captures(&FIRST_MONTH) {
        let (day, month) = (day(&found[1])?, month_number(&found[2])?);
        return Some((found[0].len(), format!("{day} de {month}")));
    }
    let found = place.captures(&DAY_MONTH)?;
    let (day, month) = (day(&found[1])?, month_number(&found[2])?);
    let two_digits = found[1].len() == 2 && found[2].len() == 2;
    let previous = place.previous_word().to_lowercase();
    let dated = BEFORE_DATES.contains(&previous.as_str());
    let is_date = two_digits && (dated || found[1].starts_with('0') || found[2].starts_with('0'))
        || dated && found[1].len() == 2
        || ALWAYS_BEFORE_DATES.contains(&previous.as_str());
    is_date.then(|| (found[0].len(), format!("{day} de {month}")))
}

/// `25/dez/2024`, `25-dez`.
fn day_and_short_month(place: &Place<'_>) -> Option<(usize, String)> {
    let found = place.captures(&SHORT_MONTH)?;
    let (day, month) = (day(&found[1])?, named_month(&found[2], "")?);
    let year = found.get(3).map_or(String::new(), |year| {
        format!(" de {}", number::cardinal(year.as_str(), Masculine))
    });
    Some((found[0].len(), format!("{day} de {month}{year}")))
}

/// `1º de maio`, `25 de dez. de 2024`.
pub(super) fn day_and_month(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&NAMED)?;
    let (day, month) = (day(&found[1])?, named_month(&found[2], &found[3])?);
    let written = found[0].trim_end_matches('.');
    let stop = if found[3].is_empty() {
        found[0].len()
    } else {
        written.len()
    };
    (!joined(place) && ends(place.after(stop)))
        .then(|| Reading::new(stop, format!("{day} de {month}")))
}

/// `dez/2024`, `mar. de 24`, `03/2024`.
pub(super) fn month_and_year(place: &Place<'_>) -> Option<Reading> {
    if joined(place) {
        return None;
    }
    let (length, month, year) = if let Some(found) = place.captures(&MONTH_YEAR) {
        (
            found[0].len(),
            named_month(&found[1], "")?,
            found[2].to_owned(),
        )
    } else {
        let found = place.captures(&NUMERIC_MONTH)?;
        (
            found[0].len(),
            month_number(&found[1])?,
            found[2].to_owned(),
        )
    };
    let year = number::cardinal(&year, Masculine);
    ends(place.after(length)).then(|| Reading::new(length, format!("{month} de {year}")))
}

/// `seg., 5/8`, `3ª-feira`.
pub(super) fn weekday(place: &Place<'_>) -> Option<Reading> {
    if let Some(found) = place.captures(&TUESDAY).filter(|_| !joined(place)) {
        return Some(Reading::new(found[0].len(), format!("terça {}", &found[1])));
    }
    let found = place.captures(&WEEKDAY)?;
    let short = found[1].to_lowercase();
    let (_, name) = WEEKDAYS.iter().find(|(known, _)| *known == short)?;
    let length = found[1].len() + usize::from(found[0].get(found[1].len()..)?.starts_with('.'));
    (!joined(place)).then(|| Reading::new(length, *name))
}

fn day(digits: &str) -> Option<String> {
    match digits.parse::<u8>().ok()? {
        1 => Some("primeiro".to_owned()),
        day @ 2..=31 => Some(number::of(day.into(), Masculine)),
        _ => None,
    }
}

fn month_number(digits: &str) -> Option<&'static str> {
    let month: usize = digits.parse().ok()?;
    MONTHS.get(month.checked_sub(1)?).copied()
}

/// The month that is written by its first three letters or in full.
fn named_month(short: &str, rest: &str) -> Option<&'static str> {
    let written = format!("{short}{rest}").to_lowercase();
    let fits = |month: &&&str| **month == written || rest.is_empty() && month.starts_with(&written);
    MONTHS.iter().find(fits).copied()
}
