//! Dates.

use regex::Match;

use super::{ends, number};
use crate::reading::{Place, Reading, patterns};

pub(super) const MONTHS: [(&str, &str); 12] = [
    ("jan", "january"),
    ("feb", "february"),
    ("mar", "march"),
    ("apr", "april"),
    ("may", "may"),
    ("jun", "june"),
    ("jul", "july"),
    ("aug", "august"),
    ("sep", "september"),
    ("oct", "october"),
    ("nov", "november"),
    ("dec", "december"),
];
pub(super) const WEEKDAYS: [(&str, &str); 7] = [
    ("mon", "monday"),
    ("tue", "tuesday"),
    ("wed", "wednesday"),
    ("thu", "thursday"),
    ("fri", "friday"),
    ("sat", "saturday"),
    ("sun", "sunday"),
];
/// A day follows these words, if anything with figures does.
const BEFORE_DATES: &[&str] = &["on", "until", "before", "since", "due", "by", "dated"];
/// A short weekday follows these words rather than a name.
const BEFORE_WEEKDAYS: &[&str] = &["on", "until", "every", "next", "last", "this"];

patterns! {
    YEAR_FIRST = r"([0-9]{4})([-/.])([0-9]{1,2})[-/.]([0-9]{1,2})T?";
    YEAR_LAST = r"([0-9]{1,2})([-/.])([0-9]{1,2})([-/.])([0-9]{4}|[0-9]{2})";
    COUNTS_BEHIND = r"\x20?(?:of|in|out|correct|right|points?|marks?|shooting|votes?|students|people|seconds?|sec|s|inch|inches|\x22|scale|ratio|=|[-–+*×÷])";
    SHORT_RANGE = r"([0-9]{1,2})/([0-9]{1,2})\x20?[-–]\x20?([0-9]{1,2})/([0-9]{1,2})";
    SHORT_DATE = r"([0-9]{1,2})/([0-9]{1,2})";
    WEEKDAY = r"(?i:(Tues|Tue|Wed|Thurs|Thur|Thu|Fri|Mon|Sat|Sun))\b\.?";
    FULL_DATE = r"[.,]{0,2}\x20(?i:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\x20[0-9]
        |[0-9]{1,2}(?:st|nd|rd|th)?\x20(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))";
    DATE_FOLLOWS = r"[.,]?\x20?(?:[0-9]|-|–|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)";
}

/// `12/25/2024`, `25/12/2024`, `25.12.2024`, `2024-12-25`.
pub(super) fn numeric_date(place: &Place<'_>) -> Option<Reading> {
    if let Some(found) = place.captures(&YEAR_FIRST) {
        let (length, year) = (found.get(0)?.len(), found.get(1)?.as_str());
        let time_follows = found.get(0)?.as_str().ends_with('T');
        if time_follows
            == place
                .after(length)
                .starts_with(|c: char| c.is_ascii_digit())
        {
            let day = date(&found[3], &found[4])?;
            return Some(Reading::new(
                length,
                format!("{day}, {}", number::year(year)),
            ));
        }
    }
    let found = place.captures(&YEAR_LAST)?;
    let length = found.get(0)?.len();
    if found[2] != found[4] || !ends(place.after(length)) {
        return None;
    }
    let year = &found[5];
    if &found[2] == "." && year.len() == 2 {
        return None;
    }
    let day = date(&found[1], &found[3]).or_else(|| date(&found[3], &found[1]))?;
    Some(Reading::new(
        length,
        format!("{day}, {}", number::year(&whole_year(year))),
    ))
}

/// `10/14` behind a word that a day follows.
pub(super) fn short_date(place: &Place<'_>) -> Option<Reading> {
    if let Some(reading) = short_range(place) {
        return Some(reading);
    }
    let found = place.captures(&SHORT_DATE)?;
    let after = place.after(found[0].len());
    let expected = BEFORE_DATES.contains(&place.previous_word().to_lowercase().as_str())
        || is_no_part(&found[2]) && !COUNTS_BEHIND.is_match(after) && !super::joined(place);
    let whole = ends(after) && !after.starts_with(['/', '%']) && &found[0] != "9/11";
    let spoken = (expected && whole)
        .then(|| date(&found[1], &found[2]))
        .flatten()?;
    Some(Reading::new(found[0].len(), spoken))
}

/// `9/1-9/5`, unless both are parts of a whole.
fn short_range(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&SHORT_RANGE)?;
    let number = |group: usize| found[group].parse::<u8>().unwrap_or_default();
    let parts = number(1) < number(2) && number(3) < number(4);
    let days = !parts || is_no_part(&found[2]) || is_no_part(&found[4]);
    let ends = ends(place.after(found[0].len())) && !place.after(found[0].len()).starts_with('/');
    let spoken = || {
        Some(format!(
            "{} to {}",
            date(&found[1], &found[2])?,
            date(&found[3], &found[4])?
        ))
    };
    (days && ends && !super::joined(place))
        .then(|| Some(Reading::new(found[0].len(), spoken()?)))?
}

/// Nobody says `twenty fourths`, so that `1/24` is a day.
fn is_no_part(denominator: &str) -> bool {
    matches!(denominator.parse(), Ok(13..=15 | 17..=19 | 21..=31u8))
}

/// Two digits are of this century, or of the last one from fifty on.
pub(super) fn whole_year(year: &str) -> String {
    match year.len() {
        2 if year < "50" => format!("20{year}"),
        2 => format!("19{year}"),
        _ => year.to_owned(),
    }
}

/// Month and day by number, when both exist.
fn date(month: &str, day: &str) -> Option<String> {
    let index: usize = month.parse().ok()?;
    let (_, name) = MONTHS.get(index.checked_sub(1)?)?;
    Some(format!("{name} {}", day_of_month(day)?))
}

pub(super) fn day_of_month(day: &str) -> Option<String> {
    let number: u8 = day.parse().ok()?;
    (1..=31)
        .contains(&number)
        .then(|| number::ordinal(&number.to_string()))
}

/// The name in full that the first three letters stand for.
pub(super) fn full_name(names: &[(&str, &'static str)], written: &str) -> Option<&'static str> {
    let key = written.get(..3)?.to_ascii_lowercase();
    let (_, full) = names.iter().find(|(short, _)| *short == key)?;
    Some(full)
}

/// `Tue`, and `Mon`, `Sat`, `Sun` (words and names as well) before a date.
pub(super) fn weekday(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&WEEKDAY)?;
    let name = found.get(1)?;
    if !name.as_str().starts_with(char::is_uppercase) || name.as_str().ends_with("UN") {
        let dated = FULL_DATE.is_match(place.after(name.end()));
        let spoken = full_name(&WEEKDAYS, name.as_str())?;
        return dated.then(|| Reading::new(found[0].len(), spoken));
    }
    let announced = BEFORE_WEEKDAYS.contains(&place.previous_word());
    let doubtful =
        ["Mon", "Sat", "Sun"].contains(&name.as_str()) && !(announced && found[0].ends_with('.'));
    if doubtful && !dated_behind(place, name) && !matches!(place.previous(), Some('-' | '–')) {
        return None;
    }
    Some(Reading::new(
        found[0].len(),
        full_name(&WEEKDAYS, name.as_str())?,
    ))
}

fn dated_behind(place: &Place<'_>, name: Match<'_>) -> bool {
    DATE_FOLLOWS.is_match(place.after(name.end()))
}
