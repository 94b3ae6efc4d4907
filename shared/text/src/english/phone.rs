//! Telephone numbers, said digit by digit in their groups.

use super::{ends, number};
use crate::reading::{Place, Reading, patterns};

patterns! {
    INTERNATIONAL = r"\+[0-9]{1,3}(?:[\x20.-]?\(?[0-9]{1,5}\)?){2,6}";
    NORTH_AMERICAN = r"(?:1[-.\x20]?)?(?:\([0-9]{3}\)[-.\x20]?|[0-9]{3}[-.\x20/])[0-9]{3}[-.\x20][0-9]{4}";
    VANITY = r"(?:1[-.\x20]\(?(?:8(?:00|33|44|55|66|77|88)|900)\)?[-.\x20]|\(?(?:8(?:00|33|44|55|66|77|88)|900)\)?[-.])([A-Z0-9]+(?:-[A-Z0-9]+)*)\b";
    // As in Britain and France, from the zero on.
    NATIONAL = r"\(0[0-9]{1,4}\)\x20?[0-9]{3,4}[\x20-]?[0-9]{3,4}|0[0-9]{2,4}\x20[0-9]{3,4}\x20?[0-9]{3,4}|0[0-9](?:[\x20.][0-9]{2}){4}";
    EXTENSION = r",?\x20?(?:x|ext\.?|extension)\x20?([0-9]{1,6})\b";
    BARE = r"1?[2-9][0-9]{9}";
    CALLED = r"(?i:.*\b(?:call|phone|tel|telephone|fax|text|mobile|cell|dial|ring|whatsapp|sms|contact)(?:\x20(?:me|us|him|her|them|at|on|number|no|is))*[.:]?\x20)$";
    LOCAL = r"[0-9]{3}-[0-9]{4}";
}

/// With its extension: `(555) 123-4567`, `+44 20 7946 0958`, `1-800-FLOWERS`, `555-1234`.
pub(super) fn number(place: &Place<'_>) -> Option<Reading> {
    if place.previous().is_some_and(char::is_alphanumeric) {
        return None;
    }
    if let Some(found) = place.captures(&VANITY).filter(|found| is_word(&found[1])) {
        return Some(Reading::new(found[0].len(), spoken(&found[0])));
    }
    let long = [&INTERNATIONAL, &NORTH_AMERICAN, &NATIONAL, &LOCAL];
    let found = long
        .into_iter()
        .find_map(|pattern| place.captures(pattern))
        .or_else(|| {
            let called = CALLED.is_match(place.before());
            place.captures(&BARE).filter(|_| called)
        })?;
    let written = found.get(0)?.as_str();
    let enough = written.chars().filter(char::is_ascii_digit).count() >= 7;
    let after = place.after(written.len());
    let whole = ends(after) || EXTENSION.is_match(after);
    (enough && whole && !after.starts_with('-')).then(|| with_extension(written, after))
}

/// Enough letters to be dialled as a number.
fn is_word(written: &str) -> bool {
    let signs = written.bytes().filter(u8::is_ascii_alphanumeric).count();
    let letters = written.bytes().filter(u8::is_ascii_uppercase).count();
    signs > 5 && letters > 3
}

fn with_extension(written: &str, after: &str) -> Reading {
    let number = match written.len() {
        10 if !written.contains(|c: char| !c.is_ascii_digit()) => in_groups(written),
        _ => spoken(written),
    };
    match EXTENSION.captures(after) {
        Some(found) if ends(after.get(found[0].len()..).unwrap_or_default()) => {
            let line = match found[1].len() {
                1 | 2 => number::cardinal(&found[1]),
                _ => number::each(&found[1]),
            };
            Reading::new(
                written.len() + found[0].len(),
                format!("{number}, extension {line}"),
            )
        }
        _ => Reading::new(written.len(), number),
    }
}

/// Ten figures as area, exchange and line.
fn in_groups(digits: &str) -> String {
    let groups =
        [0..3, 3..6, 6..10].map(|range| number::each(digits.get(range).unwrap_or_default()));
    groups.join(", ")
}

pub(super) fn spoken(written: &str) -> String {
    let plus = if written.starts_with('+') {
        "plus "
    } else {
        ""
    };
    let groups: Vec<String> = written
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|group| !group.is_empty())
        .map(group)
        .collect();
    format!("{plus}{}", groups.join(", "))
}

fn group(written: &str) -> String {
    if written.len() == 1 && written.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return written.to_owned();
    }
    if written.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return written.to_lowercase();
    }
    match written {
        "800" | "900" => number::cardinal(written),
        _ => number::each(written),
    }
}
