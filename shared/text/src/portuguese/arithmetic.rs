//! Signs of arithmetic and dashes between numbers.

use super::{context::follows, gender::Gender::Masculine, number};
use crate::reading::{Place, Reading, patterns};

patterns! {
    DASH = r"(?:\x20?[-–]\x20?)[0-9]";
    SUM_NEXT = r"\x20?[-–]\x20?[0-9]+(?:,[0-9]+)?\x20?=";
    ARITHMETIC = r"([+*/^~-])(\x20?)[0-9(]";
    POINT = r"[·∙⋅]\x20?[0-9(]";
    MINUS_LETTER = r"[-–]\x20\p{L}(?:[^\p{L}]|$)";
    OPERAND_BEFORE = r".*(?:[0-9)²³]|(?:^|[^\p{L}])\p{L})\x20?$";
    ROUGHLY = r"(?:\+/-|\+-|-\+)\x20?[0-9]";
    QUOTIENT = r"([0-9]+)(\x20?[:/]\x20?)([0-9]+)\x20?=\x20?([0-9]+)(?:[^0-9:/]|$)";
}

pub(super) fn sign(place: &Place<'_>) -> Option<Reading> {
    dash(place)
        .or_else(|| quotient(place))
        .or_else(|| roughly(place))
        .or_else(|| minus_letter(place))
        .or_else(|| point(place))
        .or_else(|| arithmetic(place))
}

/// A dash between numbers is `a` or, in a sum, `menos`.
fn dash(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&DASH)?;
    let spaced = place.previous() == Some(' ');
    if !after_number(place) || spaced != found[0].contains([' ']) {
        return None;
    }
    let is_sum = spaced && place.sentence().contains('=') || SUM_NEXT.is_match(place.rest());
    Some(Reading::new(
        found[0].len() - 1,
        if is_sum { "menos" } else { "a" },
    ))
}

/// A number with or without a unit ends here.
pub(super) fn after_number(place: &Place<'_>) -> bool {
    let before = place
        .before()
        .trim_end()
        .trim_end_matches(['%', '°', 'º', 'ª', '€', ')', '²', '³']);
    let bare = ["h", "kg", "km", "cm", "m", "°C", "min", "L", "g"]
        .iter()
        .find_map(|unit| before.strip_suffix(unit))
        .unwrap_or(before);
    bare.ends_with(|c: char| c.is_ascii_digit())
}

/// `12/4 = 3`, `10 : 2 = 5`: a sign of division where the result follows.
fn quotient(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&QUOTIENT)?;
    let [above, below, result] = [1, 3, 4].map(|group| found[group].parse::<u64>().ok());
    let divides = above? == below?.checked_mul(result?)? && above? >= below?;
    let begins = !place.previous().is_some_and(char::is_alphanumeric);
    let [above, below] = [1, 3].map(|group| number::cardinal(&found[group], Masculine));
    let length = found[1].len() + found[2].len() + found[3].len();
    (begins && divides).then(|| Reading::new(length, format!("{above} dividido por {below}")))
}

/// `+/- 5`, `+-30`; in a sum each sign stands for itself.
fn roughly(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&ROUGHLY)?;
    let sign = found[0].trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ');
    let summed = sign.len() == 2 && place.sentence().contains('=');
    (!summed).then(|| Reading::new(sign.len(), "mais ou menos"))
}

/// The dash of `x - y = 2`.
fn minus_letter(place: &Place<'_>) -> Option<Reading> {
    place.captures(&MINUS_LETTER)?;
    let summed = place.sentence().contains('=')
        && place.previous() == Some(' ')
        && follows(place.before(), &OPERAND_BEFORE);
    summed.then(|| Reading::new(place.next().map_or(1, char::len_utf8), "menos"))
}

/// The point of `3 · 4 = 12`; elsewhere it parts what it stands between.
fn point(place: &Place<'_>) -> Option<Reading> {
    place.captures(&POINT)?;
    let multiplies = place.sentence().contains('=') && follows(place.before(), &OPERAND_BEFORE);
    multiplies.then(|| Reading::new(place.next().map_or(1, char::len_utf8), "vezes"))
}

fn arithmetic(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&ARITHMETIC)?;
    let spaced = !found[2].is_empty();
    let opens = place
        .previous()
        .is_none_or(|c| matches!(c, ' ' | '(' | '[' | '=' | '"'));
    let behind = place
        .before()
        .trim_end()
        .ends_with(|c: char| c.is_ascii_digit() || matches!(c, ')' | '%' | '²' | '³'));
    let spoken = match (&found[1], behind) {
        ("-", false) if opens && !spaced => "menos",
        ("-", _) if spaced && place.previous() == Some(' ') && place.sentence().contains('=') => {
            "menos"
        }
        ("+", _) => "mais",
        ("~", _) if opens => "cerca de",
        ("*", true) => "vezes",
        ("/", true) if spaced => "dividido por",
        ("^", true) => "elevado a",
        _ => return None,
    };
    Some(Reading::new(found[1].len(), spoken))
}
