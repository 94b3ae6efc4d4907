//! Fractions: `1/2`, `2 1/2`, `¾`.

use super::{ends, measure, number};
use crate::reading::{Place, Reading, patterns};

const SIGNS: &[(char, u32, u32)] = &[
    ('½', 1, 2),
    ('⅓', 1, 3),
    ('⅔', 2, 3),
    ('¼', 1, 4),
    ('¾', 3, 4),
    ('⅕', 1, 5),
    ('⅖', 2, 5),
    ('⅗', 3, 5),
    ('⅘', 4, 5),
    ('⅙', 1, 6),
    ('⅚', 5, 6),
    ('⅐', 1, 7),
    ('⅛', 1, 8),
    ('⅜', 3, 8),
    ('⅝', 5, 8),
    ('⅞', 7, 8),
    ('⅑', 1, 9),
    ('⅒', 1, 10),
];
/// Days and hours that are known by their figures.
const NAMES: &[(&str, &str)] = &[
    ("24/7", "twenty four seven"),
    ("9/11", "nine eleven"),
    ("50/50", "fifty fifty"),
    ("20/20", "twenty twenty"),
];

patterns! {
    ALWAYS = r"(?:24-7|50-50)\b";
    WRITTEN = r"(?:([0-9]+)[\x20-])?([0-9]{1,5})/([0-9]{1,5})(?:st|nd|rd|ths?|ST|ND|RD|TH)?";
    PRESSURE = r"([0-9]{2,3})/([0-9]{2,3})(\x20?mm\x20?[Hh]g)?\b";
    PRESSURE_BEFORE = r"(?i:.*\b(?:bp|blood\x20pressure|pressure)(?:\x20(?:reading|was|is|of|at|to|now))*:?\x20?)$";
    EQUATION = r"([0-9]+)/[0-9]+\x20?=";
    SEASON = r"(1[0-9]|20)([0-9]{2})/((?:1[0-9]|20)?[0-9]{2})";
    SIGN = r"([0-9]+)?\x20?([¼-¾⅐-⅞])";
}

/// `120/80 mmHg`, `BP 120/80`.
pub(super) fn blood_pressure(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&PRESSURE)?;
    let unit = found.get(3).is_some();
    if super::joined(place) || !unit && !PRESSURE_BEFORE.is_match(place.before()) {
        return None;
    }
    let value = |group: usize| found[group].parse().ok().map(number::in_pairs);
    let unit = if unit { " millimeters of mercury" } else { "" };
    Some(Reading::new(
        found[0].len(),
        format!("{} over {}{unit}", value(1)?, value(2)?),
    ))
}

/// `2019/20`: two years beside each other.
fn season(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&SEASON)?;
    let first: u32 = format!("{}{}", &found[1], &found[2]).parse().ok()?;
    let second = &found[3];
    let next = (first + 1).to_string();
    let ends = ends(place.after(found[0].len()));
    (ends && next.ends_with(second)).then(|| {
        let years = [number::year(&first.to_string()), number::year(second)];
        Reading::new(found[0].len(), years.join(" "))
    })
}

/// `6/2=3`, where a part would be no part.
fn quotient(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&EQUATION)?;
    let numerator = &found[1];
    let (over, under) = found[0].split_once('/')?;
    let under: u32 = under.trim_end_matches(['=', ' ']).parse().ok()?;
    (over.parse::<u32>().ok()? >= under).then(|| {
        Reading::new(
            numerator.len() + 1,
            format!("{} divided by", number::cardinal(numerator)),
        )
    })
}

pub(super) fn fraction(place: &Place<'_>) -> Option<Reading> {
    if let Some(found) = place.captures(&SIGN) {
        let sign = found[2].chars().next()?;
        let &(_, numerator, denominator) = SIGNS.iter().find(|(c, ..)| *c == sign)?;
        let spoken = mixed(
            found.get(1).map(|whole| whole.as_str()),
            numerator,
            denominator,
        )?;
        return Some(with_unit(
            place,
            found[0].len(),
            &spoken,
            found.get(1).is_some(),
        ));
    }
    if let Some(other) = season(place).or_else(|| quotient(place)) {
        return (!super::joined(place)).then_some(other);
    }
    if let Some(found) = place.captures(&ALWAYS) {
        let written = found[0].replace('-', "/");
        let (_, name) = NAMES.iter().find(|(name, _)| *name == written)?;
        return (!super::joined(place)).then(|| Reading::new(found[0].len(), *name));
    }
    let found = place.captures(&WRITTEN)?;
    let length = found.get(0)?.len();
    let after = place.after(length);
    let goes_on = after.starts_with('/')
        || after.starts_with('.') && !ends(after.get(1..).unwrap_or_default());
    if !ends(after) || goes_on || place.previous() == Some('/') {
        return None;
    }
    if let Some((_, spoken)) = NAMES.iter().find(|(name, _)| *name == &found[0]) {
        return Some(Reading::new(length, *spoken));
    }
    let (numerator, denominator) = (found[2].parse().ok()?, found[3].parse().ok()?);
    let rated = ["star", "point"]
        .iter()
        .any(|noun| after.trim_start().starts_with(noun));
    let spoken = match found.get(1) {
        Some(whole) => mixed(Some(whole.as_str()), numerator, denominator)?,
        None if numerator != denominator && numerator + denominator == 100 => {
            over(numerator, "", denominator)
        }
        None if numerator == denominator || rated => over(numerator, "out of", denominator),
        None => {
            simple(numerator, denominator).unwrap_or_else(|| over(numerator, "over", denominator))
        }
    };
    Some(with_unit(place, length, &spoken, found.get(1).is_some()))
}

/// Adds the unit that follows: `3/4 tsp.`
fn with_unit(place: &Place<'_>, length: usize, spoken: &str, several: bool) -> Reading {
    match measure::unit(place.after(length), !several) {
        Some((unit, bytes)) => Reading::new(length + bytes, format!("{spoken} {unit}")),
        None => Reading::new(length, spoken),
    }
}

fn over(numerator: u32, between: &str, denominator: u32) -> String {
    format!(
        "{} {between} {}",
        number::of(numerator.into()),
        number::of(denominator.into())
    )
}

fn mixed(whole: Option<&str>, numerator: u32, denominator: u32) -> Option<String> {
    let part = simple(numerator, denominator)?;
    match whole {
        None => Some(part),
        Some(whole) => {
            let part = if numerator == 1 {
                part.replacen("one", "a", 1)
            } else {
                part
            };
            let part = part.replacen("a eighth", "an eighth", 1);
            Some(format!("{} and {part}", number::cardinal(whole)))
        }
    }
}

/// Fractions with a denominator that people say as a part: `three quarters`, `five sixteenths`.
fn simple(numerator: u32, denominator: u32) -> Option<String> {
    let is_part = matches!(denominator, 2..=10 | 12 | 16 | 20 | 32 | 64 | 100 | 1000);
    let improper =
        numerator > denominator && (denominator > 9 || numerator.is_multiple_of(denominator));
    if !is_part || numerator == 0 || numerator == denominator || improper {
        return None;
    }
    let part = match denominator {
        2 if numerator > 1 => return Some(format!("{} halves", number::of(numerator.into()))),
        2 => "half".to_owned(),
        4 => "quarter".to_owned(),
        _ => number::ordinal(&denominator.to_string()),
    };
    let part = match numerator {
        1 => part,
        _ => number::plural(&part),
    };
    Some(format!("{} {part}", number::of(numerator.into())))
}
