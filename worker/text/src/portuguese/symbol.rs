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
const COUNTED_BY: &[(&str, &str)] = &[
    ("mês", "mês"),
    ("ano", "ano"),
    ("dia", "dia"),
    ("h", "hora"),
    ("hora", "hora"),
    ("semana", "semana"),
    ("pessoa", "pessoa"),
    ("kg", "quilo"),
    ("m²", "metro quadrado"),
    ("noite", "noite"),
    ("unidade", "unidade"),
    ("litro", "litro"),
    ("min", "minuto"),
];

patterns! {
    DASH = r"(?:\x20?[-–]\x20?)[0-9]";
    PER = r"/\x20?([\p{L}]+²?)";
    ARITHMETIC = r"([+*/<>^~-])(\x20?)[0-9(]";
    SCORE = r"([0-9]{1,4})\x20?[xX×]\x20?([0-9]{1,4})";
    LENGTH_NEXT = r"\x20?(?:[mck]?m|pol)(?:[²³\x20.,;:!?)]|$)";
    RATIO = r"([0-9]{1,3}):([0-9]{1,3})";
    SUM_NEXT = r"\x20?[-–]\x20?[0-9]+(?:,[0-9]+)?\x20?=";
    POWER = r"(-?)([⁰¹²³⁴-⁹]+)";
    BELOW = r"[₀-₉]+";
    TIMES = r"([0-9]{1,3})[xX]";
    HASH_NUMBER = r"\#[0-9]";
}

/// Dashes, slashes and signs of arithmetic beside numbers.
pub(super) fn between_numbers(place: &Place<'_>) -> Option<Reading> {
    dash(place)
        .or_else(|| per(place))
        .or_else(|| stroke(place))
        .or_else(|| score(place))
        .or_else(|| ratio(place))
        .or_else(|| power(place))
        .or_else(|| index(place))
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
fn after_number(place: &Place<'_>) -> bool {
    let before = place
        .before()
        .trim_end()
        .trim_end_matches(['%', '°', '€', ')', '²', '³']);
    let bare = ["h", "kg", "km", "cm", "m"]
        .iter()
        .find_map(|unit| before.strip_suffix(unit))
        .unwrap_or(before);
    bare.ends_with(|c: char| c.is_ascii_digit())
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

/// `R$ 5/mês`.
fn per(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&PER)?;
    let (_, name) = COUNTED_BY.iter().find(|(short, _)| *short == &found[1])?;
    let counted = after_number(place)
        || place
            .before()
            .rsplit(' ')
            .nth(1)
            .is_some_and(|word| word.ends_with(|c: char| c.is_ascii_digit()));
    counted.then(|| Reading::new(found[0].len(), format!("por {name}")))
}

/// `2 x 1`, `10x15`, `3x sem juros`.
fn score(place: &Place<'_>) -> Option<Reading> {
    if joined(place) {
        return None;
    }
    let spoken = |digits: &str| number::cardinal(digits, Masculine);
    if let Some(found) = place
        .captures(&SCORE)
        .filter(|found| ends(place.after(found[0].len())))
    {
        let is_size = ["3x4", "4x4"].contains(&&found[0]);
        let small = found[1].len() == 1 && found[2].len() == 1 && !is_size;
        let between = match small {
            _ if found[0].contains(" × ") => "vezes",
            true => "a",
            false => "por",
        };
        let measured = LENGTH_NEXT.is_match(place.after(found[0].len()));
        return (!measured).then(|| {
            Reading::new(
                found[0].len(),
                format!("{} {between} {}", spoken(&found[1]), spoken(&found[2])),
            )
        });
    }
    let found = place.captures(&TIMES)?;
    let times = if &found[1] == "1" {
        "uma vez".to_owned()
    } else {
        format!(
            "{} vezes",
            number::cardinal(&found[1], super::gender::Gender::Feminine)
        )
    };
    ends(place.after(found[0].len())).then(|| Reading::new(found[0].len(), times))
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
        ("<", _) => "menor que",
        (">", _) if behind || spaced => "maior que",
        ("^", true) => "elevado a",
        _ => return None,
    };
    Some(Reading::new(found[1].len(), spoken))
}

/// A sign wherever it stands.
pub(super) fn symbol(place: &Place<'_>) -> Option<Reading> {
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
