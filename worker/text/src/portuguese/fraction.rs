//! Fractions, written with a slash or as one sign.

use super::{ends, gender::Gender::Masculine, joined, number};
use crate::reading::{Place, Reading, patterns};

const SIGNS: &[(char, &str)] = &[
    ('½', "meio"),
    ('⅓', "um terço"),
    ('⅔', "dois terços"),
    ('¼', "um quarto"),
    ('¾', "três quartos"),
    ('⅕', "um quinto"),
    ('⅛', "um oitavo"),
];
const PARTS: [&str; 11] = [
    "", "", "meio", "terço", "quarto", "quinto", "sexto", "sétimo", "oitavo", "nono", "décimo",
];

patterns! {
    FRACTION = r"(?:([0-9]+)\x20)?([0-9]{1,3})/([0-9]{1,3})";
    SIGN = r"([0-9]*)\x20?([½⅓⅔¼¾⅕⅛])";
}

/// `3/4`, `1 1/2`, `½`, `2½`.
pub(super) fn fraction(place: &Place<'_>) -> Option<Reading> {
    if joined(place) {
        return None;
    }
    if let Some(found) = place.captures(&SIGN) {
        let (_, name) = SIGNS.iter().find(|(sign, _)| found[2].starts_with(*sign))?;
        return Some(Reading::new(found[0].len(), mixed(&found[1], name)));
    }
    let found = place.captures(&FRACTION)?;
    let after = place.after(found[0].len());
    if !ends(after) || after.starts_with('/') {
        return None;
    }
    let (above, below): (u128, usize) = (found[2].parse().ok()?, found[3].parse().ok()?);
    let whole = found.get(1).map_or("", |whole| whole.as_str());
    if !whole.is_empty() && above >= below as u128 {
        return None;
    }
    Some(Reading::new(
        found[0].len(),
        mixed(whole, &name(above, below)?),
    ))
}

fn mixed(whole: &str, fraction: &str) -> String {
    if whole.is_empty() {
        return fraction.to_owned();
    }
    let fraction = if fraction == "um meio" {
        "meio"
    } else {
        fraction
    };
    format!("{} e {fraction}", number::cardinal(whole, Masculine))
}

fn name(above: u128, below: usize) -> Option<String> {
    let count = number::of(above, Masculine);
    let plural = if above == 1 { "" } else { "s" };
    match below {
        0 | 1 => None,
        2..=10 => Some(format!("{count} {}{plural}", PARTS.get(below)?)),
        100 => Some(format!("{count} centésimo{plural}")),
        _ => Some(format!(
            "{count} {} avos",
            number::of(below as u128, Masculine)
        )),
    }
}
