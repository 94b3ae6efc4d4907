//! Dates, months and days of the week.

use super::{context::follows, ends, gender::Gender::Masculine, joined, number};
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
const WEEKDAYS_BY_NAME: [(&str, &str); 7] = [
    ("seg", "segunda feira"),
    ("ter", "terça feira"),
    ("qua", "quarta feira"),
    ("qui", "quinta feira"),
    ("sex", "sexta feira"),
    ("sáb", "sábado"),
    ("dom", "domingo"),
];

macro_rules! month {
    () => {
        r"(jan|fev|mar|abr|mai|jun|jul|ago|set|out|nov|dez)"
    };
}
patterns! {
    SHORT_MONTH = concat!(r"(?i)([0-9]{1,2})[/-]", month!(), r"(?:[/-]([0-9]{4}|[0-9]{2}))?");
    NAMED = concat!(r"(?i)(0?1|[0-9]{1,2})(?:º|°|o)?\x20de\x20", month!(), r"(\p{L}*)\.?");
    // Without `de` the year, a stop, or the end of the clause tells that a month is meant.
    BARE = concat!(r"(?i)(0?1|[0-9]{1,2})º?\x20?", month!(), r"(?:\.?[\x20/]?(?:de\x20)?((?:1[5-9]|20)[0-9]{2})|\.|[,;:)]|$)");
    MONTH_YEAR = concat!(r"(?i)", month!(), r"(?:\.?(?:/|\x20de\x20)([0-9]{4}|[0-9]{2})|(?:\.\x20?|[-–])((?:1[5-9]|20)[0-9]{2}))");
    FULL_MONTH_YEAR = r"(?i)(janeiro|fevereiro|março|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro)/([0-9]{4}|[0-9]{2})";
    MONTHS_JOINED = concat!(r"(?i)", month!(), r"\.?([-–/])", month!(), r"\b\.?(?:[\x20/](?:de\x20)?((?:1[5-9]|20)[0-9]{2}))?");
    DECADES = r"((?:1[5-9]|20)?[1-9]0)/((?:1[5-9]|20)?[0-9]0)(?:[^0-9/]|$)";
    DECADES_BEFORE = r"(?i).*\b(?:anos|geração|décadas?\x20de|décs?\.\x20de)\x20$";
    NUMERIC_MONTH = r"(0[1-9]|1[0-2])/([12][0-9]{3})";
    WEEKDAY = r"(?i)(seg|ter|qua|qui|sex|sáb|dom)(?:\.,|,|\.)\x20[0-9]";
    WEEKDAYS = r"(?i)(seg|ter|qua|qui|sex|sáb|dom)\.?(\x20?[-–/]\x20?|\x20(?:a|e|à|até)\x20)(seg|ter|qua|qui|sex|sáb|dom)\b\.?";
    CAPITAL_WEEKDAY = r"(Seg|Ter|Qua|Qui|Sex|Sáb|Dom)\x20[0-9]{1,2}(?:h|:|/)";
    TUESDAY = r"3[ªa]\.?[\x20-](feiras?)\b";
}

/// `25/dez/2024`, `25-dez`.
pub(super) fn day_and_short_month(place: &Place<'_>) -> Option<(usize, String)> {
    let found = place.captures(&SHORT_MONTH)?;
    let (day, month) = (day(&found[1])?, named_month(&found[2], "")?);
    let year = found.get(3).map_or(String::new(), |year| {
        format!(" de {}", number::cardinal(year.as_str(), Masculine))
    });
    Some((found[0].len(), format!("{day} de {month}{year}")))
}

/// `1º de maio`, `25 de dez. de 2024`.
pub(super) fn day_and_month(place: &Place<'_>) -> Option<Reading> {
    let Some(found) = place.captures(&NAMED) else {
        return bare_month(place);
    };
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

/// `05 mar. 2024`, `12 set`.
fn bare_month(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&BARE).filter(|_| !joined(place))?;
    let (day, month) = (day(&found[1])?, named_month(&found[2], "")?);
    let (length, year) = match found.get(3) {
        Some(year) => {
            let spoken = number::cardinal(year.as_str(), Masculine);
            (found[0].len(), format!(" de {spoken}"))
        }
        None => (found.get(2)?.end(), String::new()),
    };
    ends(place.after(length)).then(|| Reading::new(length, format!("{day} de {month}{year}")))
}

/// `jan./mar. 2020`, `mai-jun`.
fn months(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&MONTHS_JOINED)?;
    let [first, last] = [1, 3].map(|group| named_month(&found[group], ""));
    let between = if &found[2] == "/" { ", " } else { " a " };
    let year = found.get(4).map_or(String::new(), |year| {
        format!(" de {}", number::cardinal(year.as_str(), Masculine))
    });
    let spoken = format!("{}{between}{}{year}", first?, last?);
    ends(place.after(found[0].len())).then(|| Reading::new(found[0].len(), spoken))
}

/// `dez/2024`, `mar. de 24`, `03/2024`.
pub(super) fn month_and_year(place: &Place<'_>) -> Option<Reading> {
    if joined(place) {
        return None;
    }
    if let Some(months) = months(place) {
        return Some(months);
    }
    let (length, month, year) = if let Some(found) = place.captures(&MONTH_YEAR) {
        (
            found[0].len(),
            named_month(&found[1], "")?,
            found.get(2).or_else(|| found.get(3))?.as_str().to_owned(),
        )
    } else if let Some(found) = place.captures(&FULL_MONTH_YEAR) {
        let (month, rest) = found[1].split_at_checked(3)?;
        (
            found[0].len(),
            named_month(month, rest)?,
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

/// The `70/80` of `anos 70/80`.
pub(super) fn decades(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&DECADES)?;
    let [first, last] = [1, 2].map(|group| number::cardinal(&found[group], Masculine));
    let length = found.get(2)?.end();
    (!joined(place) && follows(place.before(), &DECADES_BEFORE))
        .then(|| Reading::new(length, format!("{first} e {last}")))
}

/// `seg., 5/8`, `3ª-feira`.
pub(super) fn weekday(place: &Place<'_>) -> Option<Reading> {
    if let Some(found) = place.captures(&TUESDAY).filter(|_| !joined(place)) {
        return Some(Reading::new(found[0].len(), format!("terça {}", &found[1])));
    }
    if let Some(weekdays) = weekdays(place) {
        return Some(weekdays);
    }
    let capital = || place.captures(&CAPITAL_WEEKDAY);
    let found = place.captures(&WEEKDAY).or_else(capital)?;
    let name = named_day(&found[1])?;
    let length = found[1].len() + usize::from(found[0].get(found[1].len()..)?.starts_with('.'));
    (!joined(place)).then(|| Reading::new(length, name))
}

/// `seg. a sex.`, `sáb/dom`.
fn weekdays(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&WEEKDAYS).filter(|_| !joined(place))?;
    let [first, last] = [1, 3].map(|group| named_day(&found[group]));
    // `vai ter e sex`
    let is_verb = &found[1] == "ter" && !found[0].contains(['.', '-', '–', '/']);
    let bare = |name: &'static str| name.strip_suffix(" feira").unwrap_or(name);
    let between = match found[2].trim() {
        "/" => "e",
        "-" | "–" => "a",
        word => word,
    };
    let spoken = format!("{} {between} {}", bare(first?), bare(last?));
    (!is_verb && ends(place.after(found[0].len()))).then(|| Reading::new(found[0].len(), spoken))
}

fn named_day(short: &str) -> Option<&'static str> {
    let lower = short.to_lowercase();
    let known = WEEKDAYS_BY_NAME.iter().find(|(known, _)| *known == lower);
    known.map(|(_, name)| *name)
}

pub(super) fn day(digits: &str) -> Option<String> {
    match digits.parse::<u8>().ok()? {
        1 => Some("primeiro".to_owned()),
        day @ 2..=31 => Some(number::of(day.into(), Masculine)),
        _ => None,
    }
}

pub(super) fn month_number(digits: &str) -> Option<&'static str> {
    let month: usize = digits.parse().ok()?;
    MONTHS.get(month.checked_sub(1)?).copied()
}

/// The month that is written by its first three letters or in full.
fn named_month(short: &str, rest: &str) -> Option<&'static str> {
    let written = format!("{short}{rest}").to_lowercase();
    let fits = |month: &&&str| **month == written || rest.is_empty() && month.starts_with(&written);
    MONTHS.iter().find(fits).copied()
}
