//! Times of day.

use super::{
    context::follows,
    duration, ends,
    gender::Gender::{Feminine, Masculine},
    joined, number,
};
use crate::reading::{Place, Reading, patterns};

patterns! {
    BY_LETTER = r"([01]?[0-9]|2[0-4])\x20?[hH](?:([0-5][0-9])(?:\x20?(?:min|m))?(?:([0-5][0-9])s)?)?";
    BY_COLON = r"([01]?[0-9]|2[0-4]):([0-5][0-9])(?::([0-5][0-9]))?(?:\x20?h(?:oras|s)?\b|Z\b)?";
    BY_STOP = r"([01]?[0-9]|2[0-3])\.([0-5][0-9])";
    STOP_BEFORE = r"(?i).*\b(?:às|das|pelas|até\x20as)\x20$";
    TIMESTAMP_BEFORE = r".*-[0-9]{1,2}T$";
    HOUR = r"([1-9]|1[0-9]|2[0-4])(?:[\x20,.;!?)]|$)";
    AFTERNOON = r"\x20da\x20tarde\b";
    NIGHT = r"\x20da\x20noite\b";
}

/// `14h30`, `14:30`, `8h`, `14:30:15`, and the `2` of `às 2`.
pub(super) fn time(place: &Place<'_>) -> Option<Reading> {
    // Behind the T of `2024-03-15T14:30`.
    let in_timestamp = || follows(place.before(), &TIMESTAMP_BEFORE);
    if joined(place) && !in_timestamp() {
        return None;
    }
    let by_stop = || {
        let found = place.captures(&BY_STOP)?;
        follows(place.before(), &STOP_BEFORE).then_some(found)
    };
    let by_colon = place.captures(&BY_COLON);
    let Some(found) = by_colon
        .or_else(|| place.captures(&BY_LETTER))
        .or_else(by_stop)
    else {
        return hour(place);
    };
    let after = place.after(found[0].len());
    if !ends(after) || after.starts_with(':') {
        return hour(place);
    }
    let minutes = found.get(2).map_or("00", |minutes| minutes.as_str());
    let hour = on_twelve(number::value(&found[1]), after);
    let spoken = match found.get(3) {
        Some(seconds) => with_seconds(hour, minutes, seconds.as_str()),
        None => spoken(hour, minutes),
    };
    Some(Reading::new(found[0].len(), spoken))
}

/// `15h da tarde` is `três horas da tarde`.
fn on_twelve(hour: u128, after: &str) -> u128 {
    match hour {
        13..19 if AFTERNOON.is_match(after) => hour - 12,
        19..24 if NIGHT.is_match(after) => hour - 12,
        _ => hour,
    }
}

/// `quatorze e trinta`, and full hours with their noun.
fn spoken(hour: u128, minutes: &str) -> String {
    if minutes == "00" {
        return duration::hours(hour);
    }
    let minutes = number::cardinal(minutes.trim_start_matches('0'), Masculine);
    match hour {
        0 => format!("zero hora e {minutes}"),
        hour => format!("{} e {minutes}", number::of(hour, Feminine)),
    }
}

fn with_seconds(hour: u128, minutes: &str, seconds: &str) -> String {
    format!(
        "{}, {} e {}",
        duration::hours(hour),
        duration::minutes(number::value(minutes)),
        duration::seconds(number::value(seconds))
    )
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
