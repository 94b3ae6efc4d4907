//! Numbers that are names: of aircraft, of plans, of teams.

use super::number;
use crate::reading::{Place, Reading, patterns};

/// Words before a number that is said in pairs, as a name is.
const NAMED_BY_NUMBER: &[&str] = &[
    "boeing",
    "airbus",
    "flight",
    "room",
    "route",
    "rte",
    "highway",
    "hwy",
    "interstate",
    "bus",
    "suite",
    "rtx",
    "gtx",
    "apartment",
    "us",
    "form",
    "porsche",
    "peugeot",
    "ferrari",
    "cessna",
    "xbox",
    "nokia",
    "bmw",
    "embraer",
    "bombardier",
    "gulfstream",
    "radeon",
    "geforce",
    "learjet",
    "train",
    "gate",
    "channel",
    "audi",
    "volvo",
    "office",
];
const NAMES: &[(&str, &str)] = &[
    ("49ers", "forty niners"),
    ("76ers", "seventy sixers"),
    ("49er", "forty niner"),
    ("MiG-", "mig "),
    ("F/A-", "F A "),
    ("1099-", "ten ninety nine "),
    ("529 plan", "five twenty nine plan"),
    ("737 MAX", "seven thirty seven max"),
    ("737 Max", "seven thirty seven max"),
];

patterns! {
    JET = r"(7[0-8]7|[0-9]{3})-([0-9]{1,3})(ER|LR|F|X)?\b";
    PLAN = r"([0-9]{3,4})\(([A-Za-z])\)(?:\(([0-9]{1,2})\))?(s\b)?";
    SHORT_PLAN = r"(401|403|457)(?:\x20?\()?([kKbB])()(?:\)|\b)(s\b)?";
    NAME = r"(?:49ers?|76ers|MiG-|F/A-|1099-|529\x20plan|737\x20(?:MAX|Max)\b)";
}

/// `737-800`, `401(k)`, `501(c)(3)`, `49ers`.
pub(super) fn number(place: &Place<'_>) -> Option<Reading> {
    if place
        .previous()
        .is_some_and(|c| c.is_alphanumeric() || "$£€.".contains(c))
    {
        return None;
    }
    if let Some(found) = place.captures(&NAME) {
        let (_, name) = NAMES.iter().find(|(written, _)| *written == &found[0])?;
        return Some(Reading::new(found[0].len(), *name));
    }
    if let Some(found) = place
        .captures(&PLAN)
        .or_else(|| place.captures(&SHORT_PLAN))
    {
        let part = found
            .get(3)
            .filter(|part| !part.is_empty())
            .map_or(String::new(), |part| number::cardinal(part.as_str()));
        let plural = if found.get(4).is_some() { "'s" } else { "" };
        let letter = found[2].to_uppercase();
        let figures = number::in_pairs(found[1].parse().ok()?);
        return Some(Reading::new(
            found[0].len(),
            format!("{figures} {letter}{plural} {part}"),
        ));
    }
    let found = place.captures(&JET)?;
    let maker = ["boeing", "airbus", "embraer", "bombardier", "jet"];
    let made = maker.contains(&place.previous_word().to_lowercase().as_str());
    let known = found[1].starts_with('7')
        && found[1].ends_with('7')
        && found[2].len() == 3
        && found[2].ends_with("00");
    let ends = !place
        .after(found[0].len())
        .starts_with(|c: char| c.is_alphanumeric() || c == '-');
    let letters: Vec<String> = found.get(3).map_or(Vec::new(), |end| {
        end.as_str().chars().map(String::from).collect()
    });
    let spoken = || {
        let (kind, series) = (found[1].parse().ok()?, found[2].parse().ok()?);
        Some(format!(
            "{} {} {}",
            number::in_pairs(kind),
            number::in_pairs(series),
            letters.join(" ")
        ))
    };
    ((made || known) && ends).then(|| Some(Reading::new(found[0].len(), spoken()?)))?
}

/// How a number is said that is a name or a part of one, by the word before it.
pub(super) fn by_name(place: &Place<'_>, number: u128) -> Option<String> {
    let previous = place.previous_word().to_lowercase();
    let listed = NAMED_BY_NUMBER.contains(&previous.as_str()) && place.previous() != Some(',');
    ((100..10_000).contains(&number) && (listed || is_model(place, number)))
        .then(|| number::in_pairs(number))
}

/// `F-150`, `KC-135`: capitals and a hyphen stand before.
fn is_model(place: &Place<'_>, number: u128) -> bool {
    let Some(before) = place.before().strip_suffix('-') else {
        return false;
    };
    let head = before.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let letters = before.len() - head.len();
    let named = before
        .get(head.len()..)
        .is_some_and(|name| name.starts_with(char::is_uppercase));
    let most = if number < 1000 { 3 } else { 1 };
    named && (1..=most).contains(&letters) && (head.is_empty() || head.ends_with(' '))
}
