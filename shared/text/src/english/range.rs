//! Dashes: between numbers, dates and names `to`, in a sum `minus`, inside a code nothing.

use super::{date, measure};
use crate::reading::{Place, Reading, patterns};

macro_rules! term {
    () => {
        r"\(*-?(?:[a-z]\b|[0-9.]+[a-z%]?)\)*"
    };
}

patterns! {
    DASH = r"([-–]\x20?)'?[0-9$£€¥.]";
    SUM_BEHIND = concat!(r"-\x20?", term!(), r"(?:\x20?[-+*/×÷x^]\x20?", term!(), r")*\x20?=\x20?(?:[-0-9.?(]|[a-z]\b|$)");
    SUM_BEFORE = concat!(r".*=\x20?", term!(), r"(?:\x20?[-+*/×÷x^]\x20?", term!(), r")*\x20?$");
    OPERAND = r"-\x20?\(*-?(?:[0-9.]|[a-z]\b)";
    TERM_BEFORE = r".*(?:[0-9%)]|(?:^|[^\p{L}\p{N}'])[a-z])\x20?$";
    NEGATIVE_BEFORE = r".*[=(]\x20?$";
    ASKED = r"(?i:.*\b(?:what\x20is|what's|calculate|compute|solve)\x20)[0-9.]+\x20?$";
    VARIABLE = r".*(?:^|[\x20(=+*/-])[a-z]\x20?$";
    MINUS = r"-\x20?[0-9]";
    TO_A_WORD = r"([-–]\x20?)(?:(?:present|now|today|noon|midnight)\b|(?:early|mid|late)[\x20-][0-9])";
    LETTERS = r"[-–]([A-Z])\b";
    LETTER_BEFORE = r"(?:.*[^A-Za-z])?(?i:grades?|sections?|rooms?|groups?|rows?|levels?|types?|parts?|exhibits?|columns?|gates?|questions?|letters?|options?)\x20([A-Z])$";
    QUARTERS = r"[-–]Q[1-4]\b";
    NUMERAL = r"[-–][IVX]+\b";
    NUMERALS_BEFORE = r".*[a-z]s?\.?\x20[IVX]+$";
    CODE_BEHIND = r"[-–][0-9]+-([A-Za-z]{1,2})\b";
    NUMBERED_CODE = r"(?:.*[^A-Za-z0-9])?([A-Za-z]+)([0-9]+)$";
    LETTERED_CODE = r"(?:.*[^A-Za-z0-9-])?[A-Za-z0-9-]*?(?:[A-Z][A-Za-z]*|[a-z]{1,2})-(?:[A-Za-z0-9]+-)*[0-9]+$";
}

/// Any dash that is said, or is known to be silent between numbers.
pub(super) fn dash(place: &Place<'_>) -> Option<Reading> {
    if !matches!(place.next(), Some('-' | '–' | '—')) {
        return None;
    }
    difference(place)
        .or_else(|| between_numbers(place))
        .or_else(|| from_variable(place))
        .or_else(|| to_a_word(place))
        .or_else(|| between_names(place))
        .or_else(|| date::dash(place))
}

/// `3-1=2`, `a-b=c`, `4-(-2)=6`, `x=-b`.
fn difference(place: &Place<'_>) -> Option<Reading> {
    if !place.sentence().contains('=') || place.captures(&OPERAND).is_none() {
        return None;
    }
    let before = place.before();
    let equation = || place.captures(&SUM_BEHIND).is_some() || SUM_BEFORE.is_match(before);
    let negative = NEGATIVE_BEFORE.is_match(before);
    (negative || TERM_BEFORE.is_match(before) && equation()).then(|| Reading::new(1, "minus"))
}

fn between_numbers(place: &Place<'_>) -> Option<Reading> {
    let length = place.captures(&DASH)?.get(1)?.len();
    if !after_number(place) {
        return None;
    }
    let spaced = place.previous() == Some(' ');
    let minus = spaced || place.next() == Some('-');
    if minus && is_sum(place, spaced) {
        return Some(Reading::new(length, "minus"));
    }
    let code = in_code(place);
    (code || spaced == (length > '–'.len_utf8() || place.rest().starts_with("- ")))
        .then(|| Reading::new(length, if code { "" } else { "to" }))
}

fn is_sum(place: &Place<'_>, spaced: bool) -> bool {
    spaced && place.sentence().contains('=') || ASKED.is_match(place.before())
}

/// `x-1=0`, `n-1`: a letter alone from which a number is taken.
fn from_variable(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&MINUS)?;
    let known = place
        .before()
        .trim_end()
        .ends_with(['n', 'x', 'y', 'z', 'k']);
    (VARIABLE.is_match(place.before()) && (known || place.sentence().contains('=')))
        .then(|| Reading::new(found[0].len() - 1, "minus"))
}

/// A number with or without a unit ends here.
pub(super) fn after_number(place: &Place<'_>) -> bool {
    let before = place.before().trim_end();
    let bare = before.trim_end_matches(['%', '°', '€', '¢', '\'', '"', ')']);
    let unit = bare.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '.');
    let short = bare.len() - unit.len() <= 4;
    short && unit.trim_end().ends_with(|c: char| c.is_ascii_digit())
}

/// `A320-200`, `x86-64`, `b-c-1-5`, `5-3-Ws`, where a dash parts and does not count.
fn in_code(place: &Place<'_>) -> bool {
    if let Some(found) = place.captures(&CODE_BEHIND) {
        return !measure::is_unit(&found[1]);
    }
    if LETTERED_CODE.is_match(place.before()) {
        return true;
    }
    let Some(found) = NUMBERED_CODE.captures(place.before()) else {
        return false;
    };
    let figures = place.rest().trim_start_matches(['-', '–']);
    let behind = figures.bytes().take_while(u8::is_ascii_digit).count();
    let counted = ["p", "pp", "Q", "FY", "no"].contains(&&found[1]);
    let short = found[2].len() < 3 && found[2].len() == behind;
    let row = found[1].len() == 1 && found[1].chars().all(char::is_uppercase);
    !(counted || short && row)
}

/// `2019–present`, `10am-noon`.
fn to_a_word(place: &Place<'_>) -> Option<Reading> {
    let length = place.captures(&TO_A_WORD)?.get(1)?.len();
    after_number(place).then(|| Reading::new(length, "to"))
}

/// `A–Z`, `Q1-Q3`, `Chapters I–III`.
fn between_names(place: &Place<'_>) -> Option<Reading> {
    let second = place.captures(&LETTERS).map(|found| found[1].to_owned());
    let first = LETTER_BEFORE
        .captures(place.before())
        .map(|found| found[1].to_owned());
    let alphabet = second.as_deref() == Some("Z") && place.previous_word() == "A";
    let letters = alphabet || first.is_some() && first < second;
    let mut before = place.before().chars().rev();
    let quarters = place.captures(&QUARTERS).is_some()
        && matches!(before.next(), Some('1'..='4'))
        && before.next() == Some('Q');
    let numerals = place.captures(&NUMERAL).is_some() && NUMERALS_BEFORE.is_match(place.before());
    let length = place.next()?.len_utf8();
    (numerals || letters || quarters).then(|| Reading::new(length, "to"))
}
