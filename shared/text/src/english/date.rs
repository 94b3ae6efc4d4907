//! Dates with the name of a month.

use regex::{Captures, Match};

use super::{
    calendar::{MONTHS, WEEKDAYS, day_of_month, full_name, whole_year},
    number,
};
use crate::reading::{Place, Reading, patterns};

/// A month without its day may be a word or a name (`Mar`), so that only names in full and these stand alone.
const CLEAR_SHORT_MONTHS: &[&str] = &["Jan", "Feb", "Aug", "Sept", "Sep", "Oct", "Nov", "Dec"];
/// Months in small letters that are words as well.
const DOUBTFUL: &[&str] = &["may", "march", "mar"];
/// Behind these, such a word is the month.
const BEFORE_MONTHS: &[&str] = &[
    "on",
    "by",
    "in",
    "of",
    "since",
    "until",
    "till",
    "from",
    "to",
    "before",
    "after",
    "through",
    "due",
    "dated",
    "last",
    "next",
    "this",
    "early",
    "late",
    "mid",
    "between",
    "born",
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
    "sun",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

macro_rules! month {
    () => {
        r"((?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?
            |nov(?:ember)?|dec(?:ember)?))\b\.?"
    };
}
macro_rules! day {
    () => {
        r"([0-9]{1,2})(st|nd|rd|th)?\b"
    };
}
macro_rules! last_day {
    () => {
        r"(?:\x20?[-–]\x20?([0-9]{1,2})(?:st|nd|rd|th)?\b)?"
    };
}
macro_rules! named_date {
    () => {
        r"(?i:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\x20)?(?i:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\x20
            [0-9]{1,4}(?:st|nd|rd|th)?|[0-9]{1,2}(?:st|nd|rd|th)?\x20(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?)
            (?:,?\x20[0-9]{4})?"
    };
}
macro_rules! name {
    () => {
        r"((?i:(?:mon|tues?|wednes|wed|thurs?|thu|fri|satur|sat|sun)(?:day)?|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may
            |june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?))\b\.?"
    };
}

patterns! {
    MONTH_DAY = concat!(month!(), r"\x20", day!(), last_day!(), r"(?:(?:,\x20?|\x20)([0-9]{4})\b)?");
    MONTH_DAY_JOINED = concat!(month!(), r"[-/]", day!(), r"(?:[-/]'?([0-9]{4}|[0-9]{2})\b)?");
    DAY_MONTH = concat!(day!(), last_day!(), r"(?:\x20of)?\x20", month!(), r"(?:,?\x20?\b([0-9]{4})\b)?");
    DAY_MONTH_JOINED = concat!(day!(), r"[-/]", month!(), r"(?:[-/]'?([0-9]{4}|[0-9]{2})\b)?");
    YEAR_MONTH_DAY = concat!(r"([0-9]{4})[-/\x20]", month!(), r"[-/\x20]([0-9]{1,2})\b");
    MONTH_YEAR = concat!(month!(), r"[\x20-]([0-9]{4})\b");
    SHORT_MONTH = r"(Jan|Feb|Aug|Sept?|Oct|Nov|Dec|Apr\.|Mar\.)\b\.?";
    NAMES = concat!(name!(), r"\x20?[-–]\x20?", name!());
    DATE_BEHIND = concat!(r"([-–—]\x20?)", named_date!());
    DATE_BEFORE = concat!(r"(?:.*[^\p{L}\p{N}])?", named_date!(), r"\x20?$");
    DAY_GOES_ON = r":[0-9]|[ap]\.?m\b|%|\.[0-9]|/[0-9]";
    QUARTER = r"([1-4])Q\x20?'?([0-9]{4}|[0-9]{2})\b";
}

/// `March 3rd, 2021`, `july 25`, `May 3–5`, `Mar-09-2021`.
pub(super) fn month_and_day(place: &Place<'_>) -> Option<Reading> {
    if let Some(found) = place.captures(&MONTH_DAY_JOINED) {
        let (month, day) = (found.get(1)?, found.get(2)?);
        let known = is_month(place, month.as_str(), found.get(4).is_some());
        let parts = vec![
            (
                month.range(),
                full_name(&MONTHS, month.as_str())?.to_owned(),
            ),
            (
                day.range(),
                with_break(day_of_month(day.as_str())?, found.get(4)),
            ),
        ];
        return known.then(|| dated(found[0].len(), found.get(4), parts));
    }
    let found = place.captures(&MONTH_DAY)?;
    let (month, day) = (found.get(1)?, found.get(2)?);
    let stopped = place.after(month.end()).starts_with('.');
    let sure = stopped || found.get(3).or_else(|| found.get(5)).is_some();
    let length = length(place, &found, 4, 5, day.end())?;
    let year = found.get(5).filter(|year| year.end() <= length);
    if !is_month(place, month.as_str(), sure) {
        return None;
    }
    let mut parts = vec![(
        month.range(),
        full_name(&MONTHS, month.as_str())?.to_owned(),
    )];
    let first = day_of_month(day.as_str())?;
    match found.get(4).filter(|last| last.end() <= length) {
        Some(last) => {
            parts.push((day.range(), format!("{first} to")));
            parts.push((last.range(), with_break(day_of_month(last.as_str())?, year)));
        }
        None => parts.push((day.range(), with_break(first, year))),
    }
    Some(dated(length, year, parts))
}

/// The bytes of a date, without the last day where it is none, and without what makes it another thing.
fn length(
    place: &Place<'_>,
    found: &Captures<'_>,
    last: usize,
    year: usize,
    day_ends: usize,
) -> Option<usize> {
    let whole = found.get(0)?.len();
    let first_day: u8 = found
        .get(if last == 4 { 2 } else { 1 })?
        .as_str()
        .parse()
        .ok()?;
    let in_order = |last: Match<'_>| {
        last.as_str()
            .parse()
            .is_ok_and(|last: u8| last > first_day && last < 32)
    };
    if found.get(last).is_some_and(|last| !in_order(last)) {
        return (last == 4).then_some(day_ends + found.get(3).map_or(0, |end| end.len()));
    }
    let clock = last == 4 && found.get(year).is_none() && DAY_GOES_ON.is_match(place.after(whole));
    (!clock).then_some(whole)
}

/// `3 Mar 2021`, `25th of december`, `3–5 May`, `9-Mar-21`.
pub(super) fn day_and_month(place: &Place<'_>) -> Option<Reading> {
    if super::joined(place) {
        return None;
    }
    if let Some(reading) = year_first(place) {
        return Some(reading);
    }
    if let Some(found) = place.captures(&DAY_MONTH_JOINED) {
        return of_month(
            place,
            found.get(1)?,
            None,
            (found.get(3)?, found.get(4)),
            found[0].len(),
        );
    }
    let found = place.captures(&DAY_MONTH)?;
    length(place, &found, 3, 5, 0)?;
    of_month(
        place,
        found.get(1)?,
        found.get(3),
        (found.get(4)?, found.get(5)),
        found[0].len(),
    )
}

/// `2021-Mar-09`.
fn year_first(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&YEAR_MONTH_DAY)?;
    let month = found.get(2)?.as_str();
    let named = full_name(&MONTHS, month)?;
    let (day, year) = (day_of_month(&found[3])?, number::year(&found[1]));
    month
        .starts_with(char::is_uppercase)
        .then(|| Reading::new(found[0].len(), format!("{named} {day}, {year}")))
}

/// `the third of march`, and with a last day `the third to the fifth of march`.
fn of_month(
    place: &Place<'_>,
    day: Match<'_>,
    last: Option<Match<'_>>,
    (month, year): (Match<'_>, Option<Match<'_>>),
    length: usize,
) -> Option<Reading> {
    if !is_month(place, month.as_str(), year.is_some()) {
        return None;
    }
    let the = article(place);
    let first = day_of_month(day.as_str())?;
    let mut parts = Vec::new();
    if let Some(last) = last {
        let last_day = day_of_month(last.as_str())?;
        parts.push((day.range(), format!("{the}{first} to")));
        parts.push((last.range(), format!("the {last_day} of")));
    } else {
        parts.push((day.range(), format!("{the}{first} of")));
    }
    let name = full_name(&MONTHS, month.as_str())?.to_owned();
    parts.push((month.range(), with_break(name, year)));
    Some(dated(length, year, parts))
}

/// `the`, unless it is written.
fn article(place: &Place<'_>) -> &'static str {
    if place.previous_word().eq_ignore_ascii_case("the") {
        ""
    } else {
        "the "
    }
}

/// Not the word `may` or `march`.
fn is_month(place: &Place<'_>, month: &str, sure: bool) -> bool {
    let before = place.previous_word().to_lowercase();
    !place.previous().is_some_and(char::is_alphanumeric)
        && (sure
            || is_alone(place)
            || !DOUBTFUL.contains(&month)
            || BEFORE_MONTHS.contains(&before.as_str()))
}

/// The whole text is short, as a label is: `march 3`.
fn is_alone(place: &Place<'_>) -> bool {
    let words = place.sentence().split_whitespace().count();
    words < 3 && place.before().is_empty()
}

fn with_break(spoken: String, year: Option<Match<'_>>) -> String {
    if year.is_some() { spoken + "," } else { spoken }
}

/// Adds the year, if there is one, and leaves a full stop without it to the sentence.
fn dated(
    length: usize,
    year: Option<Match<'_>>,
    mut parts: Vec<(std::ops::Range<usize>, String)>,
) -> Reading {
    if let Some(year) = year {
        parts.push((year.range(), number::year(&whole_year(year.as_str()))));
    }
    Reading::in_parts(length, parts)
}

/// `Dec 2024`, `july 1506`, and short months on their own.
pub(super) fn month_and_year(place: &Place<'_>) -> Option<Reading> {
    if let Some(found) = place.captures(&MONTH_YEAR)
        && is_month(place, &found[1], place.before().is_empty())
    {
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

/// `Mon–Fri`, `jan-mar`.
pub(super) fn names(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&NAMES)?;
    let of_both = |names| Some((full_name(names, &found[1])?, full_name(names, &found[2])?));
    let months = of_both(&MONTHS);
    let (first, second) = months.or_else(|| of_both(&WEEKDAYS))?;
    let joined = place.previous().is_some_and(char::is_alphanumeric);
    let date_behind = place.after(found[0].len()).trim_start();
    let day = date_behind.bytes().take_while(u8::is_ascii_digit).count();
    (!joined && (months.is_none() || !matches!(day, 1 | 2)))
        .then(|| Reading::new(found[0].len(), format!("{first} to {second}")))
}

/// `May 3-June 5`, `3 May – 5 June 2020`.
pub(super) fn dash(place: &Place<'_>) -> Option<Reading> {
    let length = place.captures(&DATE_BEHIND)?.get(1)?.len();
    DATE_BEFORE
        .is_match(place.before())
        .then(|| Reading::new(length, "to"))
}

/// `2Q22`.
pub(super) fn quarter(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&QUARTER)?;
    let the = article(place);
    let (quarter, year) = (number::ordinal(&found[1]), number::year(&found[2]));
    (!super::joined(place))
        .then(|| Reading::new(found[0].len(), format!("{the}{quarter} quarter of {year}")))
}
