//! Signs that are said.

use super::{ends, range, rate};
use crate::reading::{Place, Reading, patterns};

const SYMBOLS: &[(char, &str)] = &[
    ('&', "and"),
    ('%', "percent"),
    ('=', "equals"),
    ('@', "at"),
    ('°', "degrees"),
    ('€', "euros"),
    ('£', "pounds"),
    ('$', "dollars"),
    ('¢', "cents"),
    ('§', "section"),
    ('÷', "divided by"),
    ('±', "plus or minus"),
    ('≈', "approximately"),
    ('≠', "does not equal"),
    ('≤', "less than or equal to"),
    ('≥', "greater than or equal to"),
    ('√', "square root of"),
    ('∞', "infinity"),
    ('©', "copyright"),
    ('×', "times"),
    ('²', "squared"),
    ('³', "cubed"),
    ('\\', "backslash"),
];
const SLASHED: &[(&str, &str)] = &[
    ("w/o", "without"),
    ("km/h", "kilometers per hour"),
    ("m/s", "meters per second"),
    ("w/", "with"),
    ("b/c", "because"),
    ("c/o", "care of"),
    ("n/a", "N A"),
    ("and/or", "and or"),
    ("he/she", "he or she"),
    ("s/he", "he or she"),
    ("his/her", "his or her"),
    ("him/her", "him or her"),
];

patterns! {
    ARITHMETIC = r"([+*/^~-])(\x20?)[0-9.($£€]";
    WITH = r"(w/o|km/h|m/s|w/|b/c|c/o|n/a|N/A|and/or|he/she|s/he|his/her|him/her)";
    HASH_NUMBER = r"\#[0-9]";
    INNER_STOP = r"\.[a-z]";
    GRADE = r"-(?:[\x20,.;)]|$)";
    BY = r"x\x20[0-9]";
    LONE_DOLLAR = r"\$(?:[^\p{L}\p{N}$]|\$|$)";
    INNER_HASH = r"\#(?:[a-z]|[^\p{L}\p{N}\#]|$)";
    PLUSES = r"\+\+?";
}

/// Dashes, slashes and signs of arithmetic beside numbers.
pub(super) fn between_numbers(place: &Place<'_>) -> Option<Reading> {
    range::dash(place)
        .or_else(|| rate::per(place))
        .or_else(|| arithmetic(place))
        .or_else(|| dimensions(place))
}

fn arithmetic(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&ARITHMETIC)?;
    let spaced = !found[2].is_empty();
    let opens = place.previous().is_none_or(|c| " ([=\"/×<>?!;".contains(c));
    let behind = after_operand(place);
    let spoken = match (&found[1], behind) {
        ("-", false) if opens && !spaced => "minus",
        ("-", _) if spaced && place.previous() == Some(' ') && place.sentence().contains('=') => {
            "minus"
        }
        ("+", false) if opens && !spaced => "plus",
        ("+", true) => "plus",
        ("~", _) if opens => "about",
        ("*", true) => "times",
        ("/", true) if spaced => "divided by",
        ("^", true) => "to the power of",
        _ => return None,
    };
    Some(Reading::new(found[1].len(), spoken))
}

/// `10' x 12'`.
fn dimensions(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&BY)?;
    (place.previous() == Some(' ') && range::after_number(place))
        .then(|| Reading::new(found[0].len() - 2, "by"))
}

/// `A-`, a mark of a school.
fn is_grade(place: &Place<'_>) -> bool {
    let mut before = place.before().chars().rev();
    matches!(before.next(), Some('A'..='D')) && before.next().is_none_or(|c| c == ' ')
}

fn after_operand(place: &Place<'_>) -> bool {
    place
        .before()
        .trim_end()
        .ends_with(|c: char| c.is_ascii_digit() || matches!(c, ')' | '%' | '²' | '³'))
}

/// A sign wherever it stands.
pub(super) fn symbol(place: &Place<'_>) -> Option<Reading> {
    if place.captures(&INNER_STOP).is_some() && place.previous().is_some_and(char::is_alphanumeric)
    {
        return Some(Reading::new(1, "dot"));
    }
    if place.captures(&GRADE).is_some() && is_grade(place) {
        return Some(Reading::new(1, "minus"));
    }
    if place.captures(&HASH_NUMBER).is_some() {
        return Some(Reading::new(1, "number"));
    }
    let next = place.next()?;
    if next == '#' && place.previous().is_some_and(|c| c.is_ascii_uppercase()) {
        return Some(Reading::new(1, "sharp"));
    }
    if let Some(found) = place.captures(&PLUSES) {
        return Some(Reading::new(
            found[0].len(),
            if found[0].len() == 2 {
                "plus plus"
            } else {
                "plus"
            },
        ));
    }
    let attached = place
        .previous()
        .is_some_and(|c| c.is_lowercase() || c == '$');
    if attached
        && (place.captures(&LONE_DOLLAR).is_some() || next == '$' && place.previous() == Some('$'))
    {
        return Some(Reading::new(1, "dollar"));
    }
    if attached && place.captures(&INNER_HASH).is_some() {
        return Some(Reading::new(1, "hash"));
    }
    if next == '&' && place.previous() == Some('&') {
        return Some(Reading::new(1, ""));
    }
    let alone = "$£€¢".contains(next) && place.previous().is_some_and(char::is_alphanumeric);
    let (_, spoken) = SYMBOLS
        .iter()
        .find(|(sign, _)| *sign == next)
        .filter(|_| !alone)?;
    Some(Reading::new(next.len_utf8(), *spoken))
}

/// Words shortened with a slash: `w/o`, `N/A`.
pub(super) fn shortened_with_slash(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&WITH)?;
    let written = &found[0];
    let after = place.after(written.len());
    if place.previous().is_some_and(char::is_alphanumeric)
        || !written.ends_with('/') && !ends(after)
    {
        return None;
    }
    let (_, spoken) = SLASHED
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(written))?;
    Some(Reading::new(written.len(), *spoken))
}
