//! Signs that are said.

use super::gender::Gender::Masculine;
use super::{ends, joined, number};
use unicode_normalization::UnicodeNormalization;

use crate::reading::{Place, Reading, patterns};

const SYMBOLS: &[(char, &str)] = &[
    ('&', "e"),
    ('%', "por cento"),
    ('=', "é igual a"),
    ('@', "arroba"),
    ('°', "graus"),
    ('€', "euros"),
    ('£', "libras"),
    ('$', "cifrão"),
    ('§', "parágrafo"),
    ('÷', "dividido por"),
    ('±', "mais ou menos"),
    ('≈', "aproximadamente"),
    ('≠', "é diferente de"),
    ('≤', "menor ou igual a"),
    ('≥', "maior ou igual a"),
    ('√', "raiz quadrada de"),
    ('∞', "infinito"),
    ('×', "vezes"),
    ('©', "copyright"),
    ('®', "marca registrada"),
    ('\\', "barra invertida"),
    ('+', "mais"),
];
patterns! {
    RATIO = r"([0-9]{1,3}):([0-9]{1,3})";
    POWER = r"(-?)([⁰¹²³⁴-⁹]+)";
    BELOW = r"[₀-₉]+";
    HASH_NUMBER = r"\#[0-9]";
}

/// Strokes, colons, raised and lowered figures beside numbers.
pub(super) fn between_numbers(place: &Place<'_>) -> Option<Reading> {
    stroke(place)
        .or_else(|| ratio(place))
        .or_else(|| power(place))
        .or_else(|| index(place))
}

/// The stroke of `Lei 11.340/2006`; dates and fractions are read before.
fn stroke(place: &Place<'_>) -> Option<Reading> {
    let digit = |c: char| c.is_ascii_digit();
    let beside = place.previous().is_some_and(digit) && place.after(1).starts_with(digit);
    (place.next() == Some('/') && beside).then(|| Reading::new(1, "barra"))
}

/// `16:9`, `1:100`; behind a name it is a chapter and its verse.
fn ratio(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&RATIO)?;
    let after = place.after(found[0].len());
    let is_verse = place.previous_word().starts_with(char::is_uppercase);
    if joined(place) || is_verse || !ends(after) || after.starts_with(':') {
        return None;
    }
    let between = if &found[1] == "1" { "para" } else { "por" };
    let [first, second] = [1, 2].map(|side| number::cardinal(&found[side], Masculine));
    Some(Reading::new(
        found[0].len(),
        format!("{first} {between} {second}"),
    ))
}

/// `x²`, `10⁻³`; behind a word such a figure is the sign of a note.
fn power(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&POWER)?;
    let mut before = place.before().chars().rev();
    let base = before.next()?;
    let alone = before.next().is_none_or(|c| !c.is_alphabetic());
    if !base.is_ascii_digit() && base != ')' && !(base.is_alphabetic() && alone) {
        return Some(Reading::new(found[0].len(), ""));
    }
    let minus = if found[1].is_empty() { "" } else { "menos " };
    let digits = plain_digits(&found[2]);
    let spoken = match (minus, digits.as_str()) {
        ("", "2") => "ao quadrado".to_owned(),
        ("", "3") => "ao cubo".to_owned(),
        _ => format!("elevado a {minus}{}", number::cardinal(&digits, Masculine)),
    };
    Some(Reading::new(found[0].len(), spoken))
}

/// The figure of `CO₂`.
fn index(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&BELOW)?;
    let digits = plain_digits(&found[0]);
    Some(Reading::new(
        found[0].len(),
        number::cardinal(&digits, Masculine),
    ))
}

/// Raised and lowered figures as plain ones.
fn plain_digits(written: &str) -> String {
    written.nfkc().collect()
}

/// A sign wherever it stands.
pub(super) fn symbol(place: &Place<'_>) -> Option<Reading> {
    if place.rest().starts_with("§§") {
        return Some(Reading::new("§§".len(), "parágrafos"));
    }
    if place.captures(&HASH_NUMBER).is_some() {
        return Some(Reading::new(1, "número"));
    }
    let next = place.next()?;
    let alone = "$£€".contains(next) && place.previous().is_some_and(char::is_alphanumeric);
    let (_, spoken) = SYMBOLS
        .iter()
        .find(|(sign, _)| *sign == next)
        .filter(|_| !alone)?;
    Some(Reading::new(next.len_utf8(), *spoken))
}
