//! Times of day and durations.

use super::{
    ends,
    gender::Gender::{Feminine, Masculine},
    joined, number,
};
use crate::reading::{Place, Reading, patterns};

patterns! {
    BY_LETTER = r"([01]?[0-9]|2[0-4])\x20?[hH](?:([0-5][0-9])(?:\x20?min)?(?:([0-5][0-9])s)?)?";
    BY_COLON = r"([01]?[0-9]|2[0-4]):([0-5][0-9])(?::([0-5][0-9]))?(?:\x20?h(?:oras|s)?\b)?";
    LONG = r"([0-9]+)\x20?h(?:\x20([0-5]?[0-9])\x20?min)?";
    MINUTES = r"([0-9]+)\x20?min(?:\x20?([0-5]?[0-9])\x20?s\b)?";
    HOUR = r"([1-9]|1[0-9]|2[0-4])(?:[\x20,.;!?)]|$)";
}

/// `14h30`, `14:30`, `8h`, `14:30:15`, and the `2` of `às 2`.
pub(super) fn time(place: &Place<'_>) -> Option<Reading> {
    if joined(place) {
        return None;
    }
    let by_colon = place.captures(&BY_COLON);
    let Some(found) = by_colon.or_else(|| place.captures(&BY_LETTER)) else {
        return hour(place);
    };
    let after = place.after(found[0].len());
    if !ends(after) || after.starts_with(':') {
        return hour(place);
    }
    let minutes = found.get(2).map_or("00", |minutes| minutes.as_str());
    let spoken = match found.get(3) {
        Some(seconds) => with_seconds(&found[1], minutes, seconds.as_str()),
        None => spoken(&found[1], minutes),
    };
    Some(Reading::new(found[0].len(), spoken))
}

/// `quatorze e trinta`, and full hours with their noun.
fn spoken(hour: &str, minutes: &str) -> String {
    if minutes == "00" {
        return counted(hour, ("hora", "horas"), Feminine);
    }
    let minutes = number::cardinal(minutes.trim_start_matches('0'), Masculine);
    match value(hour) {
        0 => format!("zero hora e {minutes}"),
        hour => format!("{} e {minutes}", number::of(hour, Feminine)),
    }
}

fn with_seconds(hour: &str, minutes: &str, seconds: &str) -> String {
    format!(
        "{}, {} e {}",
        counted(hour, ("hora", "horas"), Feminine),
        counted(minutes, ("minuto", "minutos"), Masculine),
        counted(seconds, ("segundo", "segundos"), Masculine)
    )
}

fn counted(digits: &str, (one, many): (&str, &str), gender: super::gender::Gender) -> String {
    match value(digits) {
        value @ (0 | 1) => format!("{} {one}", number::of(value, gender)),
        value => format!("{} {many}", number::of(value, gender)),
    }
}

fn value(digits: &str) -> u128 {
    digits.parse().unwrap_or_default()
}

/// `às 2`, `das 8 às 5`, `até as 10`.
fn hour(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&HOUR)?;
    let at = ["às", "das", "pelas"].contains(&place.previous_word().to_lowercase().as_str());
    let digits = &found[1];
    let counts = place
        .after(digits.len())
        .strip_prefix(' ')
        .is_some_and(|rest| rest.starts_with(char::is_lowercase));
    let of_day = [
        "da ", "às ", "e ", "em ", "para ", "horas", "hora", "de ", "ou ",
    ];
    let goes_on = of_day
        .iter()
        .any(|word| place.after(digits.len() + 1).starts_with(word));
    (at && (!counts || goes_on))
        .then(|| Reading::new(digits.len(), number::cardinal(digits, Feminine)))
}

/// `48h`, `2 h 15 min`, `5min30s`.
pub(super) fn duration(place: &Place<'_>) -> Option<Reading> {
    if joined(place) {
        return None;
    }
    let (length, first, second) = if let Some(found) = place.captures(&LONG) {
        let minutes = found
            .get(2)
            .map(|minutes| counted(minutes.as_str(), ("minuto", "minutos"), Masculine));
        (
            found[0].len(),
            counted(&found[1], ("hora", "horas"), Feminine),
            minutes,
        )
    } else {
        let found = place.captures(&MINUTES)?;
        let seconds = found
            .get(2)
            .map(|seconds| counted(seconds.as_str(), ("segundo", "segundos"), Masculine));
        (
            found[0].len(),
            counted(&found[1], ("minuto", "minutos"), Masculine),
            seconds,
        )
    };
    let spoken = second.map_or_else(|| first.clone(), |second| format!("{first} e {second}"));
    ends(place.after(length)).then(|| Reading::new(length, spoken))
}
