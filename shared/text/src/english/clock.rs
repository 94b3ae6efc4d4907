//! Times of the day.

use super::{ends, number};
use crate::reading::{Place, Reading, patterns};

patterns! {
    TIME = r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?(?:\x20?([AaPp])\.?\x20?[Mm](?:\.|\b)|(Z)\b)?";
    DOTTED = r"([0-9]{1,2})\.([0-9]{2})\x20?([AaPp])\.?[Mm]\b\.?";
    HOURS = r"([0-9]{1,3})\x20?h\x20?([0-9]{1,2})(?:\x20?m(?:in)?\b)?(?:\x20?([0-9]{1,2})\x20?s(?:ec)?)?\b";
    MINUTES = r"([0-9]{1,3})\x20?m\x20?([0-9]{1,2})\x20?s(?:ec)?\b";
    HOUR = r"([0-9]{1,2})(?:\x20?([AaPp])\.?\x20?[Mm]\b\.?)";
}

/// `3:30`, `3:05 pm`, `14:00`, `3:30:15`, `3.30pm`.
pub(super) fn time(place: &Place<'_>) -> Option<Reading> {
    if let Some(found) = place.captures(&DOTTED) {
        let (hour, minute) = (hour(&found[1], 12)?, minute(&found[2])?);
        let spoken = format!("{}{minute} {} M", number::of(hour), letter(&found[3]));
        return Some(Reading::new(found[0].len(), spoken));
    }
    let found = place.captures(&TIME)?;
    let length = found.get(0)?.len();
    let whole =
        ends(place.after(length)) || found[0].ends_with(['.', 'm', 'M']) && found.get(4).is_some();
    if !whole || place.after(length).starts_with(':') {
        return None;
    }
    let (hour, minutes) = (hour(&found[1], 24)?, minute(&found[2])?);
    let half = found
        .get(4)
        .map(|half| format!(" {} M", letter(half.as_str())));
    let at_noon = ["noon", "midnight"]
        .iter()
        .any(|word| place.after(length).trim_start().starts_with(word));
    let spoken = match (minutes.as_str(), &half) {
        ("", None) if found.get(3).is_none() && !at_noon => full_hour(hour),
        _ => number::of(hour) + &minutes,
    };
    let seconds = found
        .get(3)
        .map(|seconds| and_seconds(seconds.as_str()))
        .unwrap_or_default();
    let zone = if found.get(5).is_some() { " U T C" } else { "" };
    Some(Reading::new(
        length,
        spoken + &seconds + &half.unwrap_or_default() + zone,
    ))
}

/// `1h 30m`, `2h30`, `5m 20s`.
pub(super) fn duration(place: &Place<'_>) -> Option<Reading> {
    let counted = |digits: &str, unit: &str| {
        let plural = if digits == "1" { "" } else { "s" };
        format!("{} {unit}{plural}", number::cardinal(digits))
    };
    if super::joined(place) {
        return None;
    }
    if let Some(found) = place.captures(&HOURS) {
        let mut spoken = vec![counted(&found[1], "hour"), counted(&found[2], "minute")];
        spoken.extend(
            found
                .get(3)
                .map(|seconds| counted(seconds.as_str(), "second")),
        );
        return Some(Reading::new(found[0].len(), spoken.join(" ")));
    }
    let found = place.captures(&MINUTES)?;
    let spoken = [counted(&found[1], "minute"), counted(&found[2], "second")];
    Some(Reading::new(found[0].len(), spoken.join(" ")))
}

fn hour(digits: &str, most: u128) -> Option<u128> {
    digits.parse().ok().filter(|&hour| hour <= most)
}

/// Spoken behind the hour, with a space: nothing on the hour, `oh five`, `thirty`.
fn minute(digits: &str) -> Option<String> {
    match digits.parse::<u128>().ok()? {
        0 => Some(String::new()),
        minute @ 1..=9 => Some(format!(" oh {}", number::of(minute))),
        minute @ 10..=59 => Some(format!(" {}", number::of(minute))),
        _ => None,
    }
}

fn full_hour(hour: u128) -> String {
    match hour {
        0 | 24 => "midnight".to_owned(),
        1..=12 => format!("{} o'clock", number::of(hour)),
        _ => format!("{} hundred", number::of(hour)),
    }
}

fn and_seconds(digits: &str) -> String {
    match digits.parse::<u128>() {
        Ok(1) => " and one second".to_owned(),
        Ok(seconds) if seconds > 0 => format!(" and {} seconds", number::of(seconds)),
        _ => String::new(),
    }
}

fn letter(half: &str) -> String {
    half.to_uppercase()
}

/// `10am`, `5 p.m.`.
pub(super) fn hour_of_half_day(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&HOUR)?;
    let hour = hour(&found[1], 12)?;
    Some(Reading::new(
        found[0].len(),
        format!("{} {} M", number::of(hour), letter(&found[2])),
    ))
}
