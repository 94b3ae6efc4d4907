//! Telephone numbers, said digit by digit in their groups.

use super::{ends, number};
use crate::reading::{Place, Reading, patterns};

patterns! {
    INTERNATIONAL = r"\+[0-9]{1,3}(?:[\x20.-]?\(?[0-9]{1,5}\)?){2,6}";
    NORTH_AMERICAN = r"(?:1[-.\x20])?(?:\([0-9]{3}\)\x20?|[0-9]{3}[-.\x20])[0-9]{3}[-.\x20][0-9]{4}";
    VANITY = r"(?:1-)?[89][0-9]{2}-[A-Z]{4,}\b";
    LOCAL = r"[0-9]{3}-[0-9]{4}";
}

/// `(555) 123-4567`, `+44 20 7946 0958`, `1-800-FLOWERS`, `555-1234`.
pub(super) fn number(place: &Place<'_>) -> Option<Reading> {
    if let Some(found) = place.captures(&VANITY) {
        return Some(Reading::new(found[0].len(), spoken(&found[0])));
    }
    let long = [&INTERNATIONAL, &NORTH_AMERICAN, &LOCAL];
    let found = long
        .into_iter()
        .find_map(|pattern| place.captures(pattern))?;
    let written = found.get(0)?.as_str();
    let enough = written.chars().filter(char::is_ascii_digit).count() >= 7;
    let after = place.after(written.len());
    (enough && ends(after) && !after.starts_with('-'))
        .then(|| Reading::new(written.len(), spoken(written)))
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
    if written.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return written.to_lowercase();
    }
    match written {
        "800" | "900" => number::cardinal(written),
        _ => number::each(written),
    }
}
