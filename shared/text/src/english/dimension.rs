//! Feet and inches, and sizes and factors with a cross.

use super::{ends, measure::behind_article, number};
use crate::reading::{Place, Reading, patterns};

patterns! {
    HEIGHT = r#"([0-9]{1,2})'(?:\x20?([0-9]{1,2}(?:\.[0-9])?)(?:"|''))?"#;
    INCHES = r#"([0-9]+(?:\.[0-9]+)?)""#;
    EQUATION = r"\x20?[0-9.]+(?:\x20?[-+*/×÷xX]\x20?[0-9.]+)*\x20?=";
    MULTIPLE = r"([0-9]+(?:\.[0-9]+)?)\x20?([xX×])";
}

/// `5'10"`, `6'`, `12"`, when no quotation is open.
pub(super) fn height(place: &Place<'_>) -> Option<Reading> {
    if let Some(found) = place.captures(&HEIGHT) {
        let feet = number::cardinal(&found[1]);
        let length = found[0].len();
        if let Some(inches) = found.get(2) {
            return Some(Reading::new(
                length,
                format!("{feet} foot {}", number::amount(inches.as_str())),
            ));
        }
        let before = place.before();
        let quoted = before.starts_with('\'') || before.contains(" '");
        let unit = if &found[1] == "1" { "foot" } else { "feet" };
        return (ends(place.after(length)) && !quoted)
            .then(|| Reading::new(length, format!("{feet} {unit}")));
    }
    let found = place.captures(&INCHES)?;
    // Quotes behind figures are inches too.
    let before = place.before().split('"');
    let marks = before
        .filter(|part| !part.ends_with(|c: char| c.is_ascii_digit()))
        .count();
    let quoted = marks.is_multiple_of(2);
    let singular = &found[1] == "1" || behind_article(place, place.after(found[0].len()));
    let unit = if singular { "inch" } else { "inches" };
    (!quoted).then(|| {
        Reading::new(
            found[0].len(),
            format!("{} {unit}", number::amount(&found[1])),
        )
    })
}

/// `3x faster`, `1920x1080`, `2 x 4`.
pub(super) fn multiple(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&MULTIPLE)?;
    let (count, after) = (&found[1], place.after(found[0].len()));
    let spaced = found[0].contains(' ');
    let next_digit = after.trim_start().starts_with(|c: char| c.is_ascii_digit());
    let by = match (&found[2], next_digit) {
        (_, true) if EQUATION.is_match(after) => "times",
        ("×", true) if !spaced && count.len() >= 3 => "by",
        ("×", true) => "times",
        (_, true) if !count.starts_with('0') => "by",
        (_, false)
            if !spaced
                && after.starts_with(' ')
                && after.trim_start().starts_with(char::is_alphabetic) =>
        {
            "times"
        }
        (_, false) if !spaced && ends(after) => "X",
        _ => return None,
    };
    let said = if by == "by" {
        number::compact(count)
    } else {
        number::amount(count)
    };
    Some(Reading::new(found[0].len(), format!("{said} {by}")))
}
