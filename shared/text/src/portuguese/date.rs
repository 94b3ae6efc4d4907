//! Dates in figures.

use super::{
    calendar::{day, day_and_short_month, month_number},
    context::follows,
    ends,
    gender::Gender::Masculine,
    joined, number,
};
use crate::reading::{Place, Reading, patterns};

/// What stands before a day and a month without a year; otherwise `5/10` is a fraction.
const BEFORE_DATES: &[&str] = &[
    "dia", "em", "até", "desde", "no", "do", "de", "ao", "a", "e", "entre", "após", "antes",
    "partir", "data", "dias",
];
/// What makes even `1/5` a date.
const ALWAYS_BEFORE_DATES: &[&str] = &[
    "dia",
    "dias",
    "data",
    "datas",
    "até",
    "desde",
    "seg",
    "ter",
    "qua",
    "qui",
    "sex",
    "sáb",
    "dom",
    "segunda",
    "terça",
    "quarta",
    "quinta",
    "sexta",
    "sábado",
    "domingo",
    "feira",
    "aniversário",
    "nascimento",
    "vencimento",
];

patterns! {
    FULL = r"([0-9]{1,2})º?([/.-])([0-9]{1,2})([/.-])([0-9]{4}|[0-9]{2})";
    YEAR_FIRST = r"((?:1[0-9]|2[0-9])[0-9]{2})([/.-])([0-9]{1,2})([/.-])([0-9]{1,2})(T[0-2][0-9]:)?";
    DAY_MONTH = r"([0-9]{1,2})/([0-9]{1,2})";
    FIRST_MONTH = r"(1)º/([0-9]{1,2})";
    RANGE = r"([0-9]{1,2})/([0-9]{1,2})(\x20?[-–]\x20?|\x20(?:a|e|até)\x20)([0-9]{1,2})/([0-9]{1,2})";
    SINCE = r"(?i).*\b(?:de|entre|partir\x20de|período|período:|do\x20dia)\x20$";
    DAY_BEFORE = r".*(?:^|[^0-9/])[0-3]?[0-9][-–]$";
    DATES_BEFORE = r"(?i).*\b(?:dias|datas)\x20(?:[0-9]+/[0-9]+(?:,\x20|\x20e\x20))+$";
    COUNTED = r"\x20?(?:d[aeo]s?\b|x[ií]c|colher|copo|kg|litro|pol|\x22|%)";
    STOPS = r"$|[^\p{L}\p{N}\x20/]|\x20(?:às|à|e|a|até|na|no|com|para|foi|será|por)\b|\x20[^\p{Ll}]";
}

/// `25/12/2024`, `2024-12-25`, `25/12` after a word like `dia`, `3/5 a 5/6`.
pub(super) fn numeric(place: &Place<'_>) -> Option<Reading> {
    if joined(place) {
        return None;
    }
    let (length, spoken) = full(place)
        .or_else(|| year_first(place))
        .or_else(|| day_and_short_month(place))
        .or_else(|| range(place))
        .or_else(|| day_and_number(place))?;
    let after = place.after(length);
    let before_time = place
        .rest()
        .get(..length)
        .is_some_and(|date| date.ends_with('T'));
    (before_time || ends(after) && !after.starts_with(['/', '%']))
        .then(|| Reading::new(length, spoken))
}

/// Day first, or month first where only that is a date.
fn full(place: &Place<'_>) -> Option<(usize, String)> {
    let found = place.captures(&FULL)?;
    let in_order = |first, second| Some((day(first)?, month_number(second)?));
    let swapped = || in_order(&found[3], &found[1]).filter(|_| &found[2] == "/");
    let (day, month) = in_order(&found[1], &found[3]).or_else(swapped)?;
    let same = found[2] == found[4];
    let year = number::cardinal(found[5].trim_start_matches('0'), Masculine);
    (same && !year.is_empty()).then(|| (found[0].len(), format!("{day} de {month} de {year}")))
}

fn year_first(place: &Place<'_>) -> Option<(usize, String)> {
    let found = place.captures(&YEAR_FIRST)?;
    let (day, month) = (day(&found[5])?, month_number(&found[3])?);
    let year = number::cardinal(&found[1], Masculine);
    // The T before a time is not said.
    let length = found.get(5)?.end() + usize::from(found.get(6).is_some());
    (found[2] == found[4]).then(|| (length, format!("{day} de {month} de {year}")))
}

/// Days and months on both sides, unless they are the fractions of everyday.
fn range(place: &Place<'_>) -> Option<(usize, String)> {
    let found = place.captures(&RANGE)?;
    let [first_month, last_month] = [2, 5].map(|group| month_number(&found[group]));
    let [first_day, last_day] = [1, 4].map(|group| day(&found[group]));
    let spoken = format!(
        "{} de {} {} {} de {}",
        first_day?,
        first_month?,
        between(&found[3]),
        last_day?,
        last_month?
    );
    let everyday = ["1/2", "1/3", "2/3", "1/4", "3/4"];
    let side = |day: &str, month: &str| !everyday.contains(&format!("{day}/{month}").as_str());
    let plain = side(&found[1], &found[2]) && side(&found[4], &found[5]);
    let padded = found[0]
        .split(|c: char| !c.is_ascii_digit())
        .any(|part| part.starts_with('0'));
    let dashed = found[3].contains(['-', '–']);
    let by_e = &found[3] == " e ";
    let since = follows(place.before(), &SINCE) || always_dated(place);
    let is_date = (padded || plain) && (since || !by_e && (dashed || plain));
    let after = place.after(found[0].len());
    (is_date && !COUNTED.is_match(after)).then(|| (found[0].len(), spoken))
}

fn between(written: &str) -> &str {
    match written.trim() {
        "-" | "–" => "a",
        word => word,
    }
}

fn always_dated(place: &Place<'_>) -> bool {
    let before = place.before().trim_end_matches([' ', ':', ',', '.', '(']);
    let word = before.rsplit(|c: char| !c.is_alphabetic()).next();
    let lower = word.unwrap_or_default().to_lowercase();
    ALWAYS_BEFORE_DATES.contains(&lower.as_str()) || follows(place.before(), &DATES_BEFORE)
}

fn day_and_number(place: &Place<'_>) -> Option<(usize, String)> {
    if let Some(found) = place.captures(&FIRST_MONTH) {
        let (day, month) = (day(&found[1])?, month_number(&found[2])?);
        return Some((found[0].len(), format!("{day} de {month}")));
    }
    let found = place.captures(&DAY_MONTH)?;
    let (day, month) = (day(&found[1])?, month_number(&found[2])?);
    let after = place.after(found[0].len());
    let two_digits = found[1].len() == 2 && found[2].len() == 2;
    // `1-5/3`
    let spans = follows(place.before(), &DAY_BEFORE);
    let dated = spans || BEFORE_DATES.contains(&place.previous_word().to_lowercase().as_str());
    // `em 5/3`: more than a whole is hardly a fraction.
    let improper = number::value(&found[1]) > number::value(&found[2])
        && !found[0].ends_with("/2")
        && !COUNTED.is_match(after)
        && STOPS.is_match(after);
    let is_date = two_digits && (dated || found[1].starts_with('0') || found[2].starts_with('0'))
        || dated && (found[1].len() == 2 || improper)
        || always_dated(place);
    is_date.then(|| (found[0].len(), format!("{day} de {month}")))
}
