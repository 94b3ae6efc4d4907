//! Dates.

use regex::{Captures, Match};

use super::{ends, number};
use crate::reading::{Place, Reading, patterns};

const MONTHS: [(&str, &str); 12] = [
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
const WEEKDAYS: [(&str, &str); 7] = [
    ("mon", "monday"),
    ("tue", "tuesday"),
    ("wed", "wednesday"),
    ("thu", "thursday"),
    ("fri", "friday"),
    ("sat", "saturday"),
    ("sun", "sunday"),
];
/// A month without its day may be a word or a name (`Mar`), so that only names in full and these stand alone.
const CLEAR_SHORT_MONTHS: &[&str] = &["Jan", "Feb", "Aug", "Sept", "Sep", "Oct", "Nov", "Dec"];

/// A day follows these words, if anything with figures does.
const BEFORE_DATES: &[&str] = &["on", "until", "before", "since", "due", "by", "dated"];
/// A short weekday follows these words rather than a name.
const BEFORE_WEEKDAYS: &[&str] = &["on", "until", "every", "next", "last", "this"];

macro_rules! month {
    () => {
        r"((?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:t(?:ember)?)?|Oct(?:ober)?
            |Nov(?:ember)?|Dec(?:ember)?|JAN(?:UARY)?|FEB(?:RUARY)?|MAR(?:CH)?|APR(?:IL)?|MAY|JUNE?|JULY?|AUG(?:UST)?
            |SEP(?:T(?:EMBER)?)?|OCT(?:OBER)?|NOV(?:EMBER)?|DEC(?:EMBER)?))\b\.?"
    };
}

patterns! {
    YEAR_FIRST = r"([0-9]{4})([-/.])([0-9]{1,2})[-/.]([0-9]{1,2})T?";
    YEAR_LAST = r"([0-9]{1,2})([-/.])([0-9]{1,2})([-/.])([0-9]{4}|[0-9]{2})";
    MONTH_DAY = concat!(month!(), r"\x20([0-9]{1,2})(?:st|nd|rd|th)?\b(?:,?\x20([0-9]{4})\b)?");
    DAY_MONTH = concat!(r"([0-9]{1,2})(?:st|nd|rd|th)?[\x20-]", month!(), r"(?:,?[\x20-]([0-9]{4})\b)?");
    MONTH_YEAR = concat!(month!(), r"\x20([0-9]{4})\b");
    SHORT_MONTH = r"(Jan|Feb|Aug|Sept?|Oct|Nov|Dec|Apr\.|Mar\.)\b\.?";
    SHORT_DATE = r"([0-9]{1,2})/([0-9]{1,2})";
    WEEKDAY = r"(Tue|Tues|Wed|Thu|Thur|Thurs|Fri|Mon|Sat|Sun)\b\.?";
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
    let found = place.captures(&SHORT_DATE)?;
    let after = place.after(found[0].len());
    let expected = BEFORE_DATES.contains(&place.previous_word().to_lowercase().as_str());
    let whole = ends(after) && !after.starts_with(['/', '%']) && &found[0] != "9/11";
    let spoken = (expected && whole)
        .then(|| date(&found[1], &found[2]))
        .flatten()?;
    Some(Reading::new(found[0].len(), spoken))
}

/// Two digits are of this century, or of the last one from fifty on.
fn whole_year(year: &str) -> String {
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

fn day_of_month(day: &str) -> Option<String> {
    let number: u8 = day.parse().ok()?;
    (1..=31)
        .contains(&number)
        .then(|| number::ordinal(&number.to_string()))
}

fn full_name(names: &[(&str, &'static str)], written: &str) -> Option<&'static str> {
    let key = written.get(..3)?.to_ascii_lowercase();
    names
        .iter()
        .find(|(short, _)| *short == key)
        .map(|(_, full)| *full)
}

/// `March 3rd, 2021`, `Jan. 5`.
pub(super) fn month_and_day(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&MONTH_DAY)?;
    let (month, day) = (found.get(1)?, found.get(2)?);
    let after = place.after(found.get(0)?.end());
    let is_clock = after.starts_with(':') || after.starts_with("am") || after.starts_with("pm");
    if is_clock && found.get(3).is_none() {
        return None;
    }
    let parts = vec![
        (
            month.range(),
            full_name(&MONTHS, month.as_str())?.to_owned(),
        ),
        (day.range(), with_break(day_of_month(day.as_str())?, &found)),
    ];
    Some(dated(&found, parts))
}

/// `3 Mar 2021`, `25th December`.
pub(super) fn day_and_month(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&DAY_MONTH)?;
    let (day, month) = (found.get(1)?, found.get(2)?);
    let the = if place.previous_word().eq_ignore_ascii_case("the") {
        ""
    } else {
        "the "
    };
    let name = full_name(&MONTHS, month.as_str())?.to_owned();
    let parts = vec![
        (
            day.range(),
            format!("{the}{} of", day_of_month(day.as_str())?),
        ),
        (month.range(), with_break(name, &found)),
    ];
    Some(dated(&found, parts))
}

fn with_break(spoken: String, found: &Captures<'_>) -> String {
    if found.get(3).is_some() {
        spoken + ","
    } else {
        spoken
    }
}

/// Adds the year of the third group, if there is one, and leaves a full stop without it to the sentence.
fn dated(found: &Captures<'_>, mut parts: Vec<(std::ops::Range<usize>, String)>) -> Reading {
    if let Some(year) = found.get(3) {
        parts.push((year.range(), number::year(year.as_str())));
    }
    Reading::in_parts(found.get(0).map_or(0, |all| all.len()), parts)
}

/// `Dec 2024`, and short months on their own.
pub(super) fn month_and_year(place: &Place<'_>) -> Option<Reading> {
    if let Some(found) = place.captures(&MONTH_YEAR) {
        let (month, year) = (found.get(1)?, found.get(2)?);
        let parts = vec![
            (
                month.range(),
                full_name(&MONTHS, month.as_str())?.to_owned(),
            ),
            (year.range(), number::year(year.as_str())),
        ];
        return Some(Reading::in_parts(found.get(0)?.len(), parts));
    }
    let found = place.captures(&SHORT_MONTH)?;
    let name = &found[1];
    let clear = CLEAR_SHORT_MONTHS.contains(&name) || name.ends_with('.');
    clear
        .then(|| full_name(&MONTHS, name))
        .flatten()
        .map(|full| Reading::new(found[0].len(), full))
}

/// `Tue`, and `Mon`, `Sat`, `Sun` (words and names as well) before a date.
pub(super) fn weekday(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&WEEKDAY)?;
    let name = found.get(1)?;
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
