//! Numbers joined by a cross: products, sizes, scores, and how often.

use super::{
    context::follows,
    ends,
    gender::Gender::{Feminine, Masculine},
    joined, number,
    unit::{self, Unit},
};
use crate::reading::{Place, Reading, patterns};

/// Nothing that is measured or multiplied has more sides.
const MOST_FACTORS: usize = 6;
/// Units of sizes; others are multiplied (`2 x 500 ml`).
const LENGTHS: &[&str] = &[
    "mm", "cm", "dm", "m", "km", "pol", "px", "ft", "μm", "m²", "cm²", "mmHg",
];

patterns! {
    NUMBER = r"[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?|[0-9]+(?:[,.][0-9]+)?";
    UNIT_IN_CHAIN = r"\x20?(mm|cm|dm|km|m|pol|px)\x20?[xX×]\x20?[0-9]";
    UNIT = r"\x20?(\p{L}+[²³]?)";
    CROSS = r"\x20?[xX×]\x20?";
    RESULT = r"\x20?=|\x20(?:é|dá|são)\x20(?:igual\x20a\x20)?[0-9]+(?:[^0-9\x20]|$)";
    ASKED_BEFORE = r"(?i).*(?:=\x20?|\b(?:quanto\x20(?:é|dá|são)|calcul[ea]r?|conta:?|multiplicação|produto|tabuada:?)\x20)$";
    SCORE_BEFORE = r"(?i).*\b(?:placar|parcia(?:l|is)|sets?|venc\p{L}+|ganh\p{L}+|perd\p{L}+|empat\p{L}+|bateu|derrot\p{L}+)\x20(?:\p{L}+\x20){0,3}$";
    SIZE_BEFORE = r"(?i).*\b(?:fotos?|formato|tamanho|quadro|jipe|tração|carro|papel|tela|folha)\x20$";
    TIMES = r"([0-9]{1,3})[xX]";
    TERM_NEXT = r"\x20?[-+*/^²³)]\x20?|\x20?=\x20?[-0-9]";
    BESIDE_BRACKET = r"[xX×]\x20?\(";
    CROSS_ONLY = r"[xX×]\x20?(?:[0-9(]|R\$|\p{L}(?:[^\p{L}]|$))";
    SUM_NEXT = r"[xX×]\x20?(?:R\$|US\$|€)";
    OPERAND_BEFORE = r".*(?:[0-9)%²³]|(?:^|[^\p{L}])\p{L}\x20)\x20?$";
}

/// `3 x 4 = 12`, `2 x 3 x 4 cm`, `2 x 1`, `3x sem juros`.
pub(super) fn product(place: &Place<'_>) -> Option<Reading> {
    if let Some(times) = cross(place) {
        return Some(times);
    }
    if joined(place) || !place.next()?.is_ascii_digit() {
        return None;
    }
    chain(place).or_else(|| times(place))
}

struct Factor<'a> {
    number: &'a str,
    unit: Option<&'static Unit>,
}

fn chain(place: &Place<'_>) -> Option<Reading> {
    let (factors, length) = factors(place.rest())?;
    let after = place.after(length);
    if !ends(after) || after.starts_with('/') {
        return None;
    }
    let spoken = match factors.iter().rev().find_map(|factor| factor.unit) {
        Some(unit) if LENGTHS.contains(&unit.0) => size(&factors, unit),
        Some(unit) => multiple(&factors, unit)?,
        None => {
            let between = between(place, &factors, length);
            let numbers = factors
                .iter()
                .map(|factor| number::amount(factor.number, Masculine));
            numbers.collect::<Vec<_>>().join(&format!(" {between} "))
        }
    };
    Some(Reading::new(length, spoken))
}

/// Two factors or more, and how much of the text they take.
fn factors(text: &str) -> Option<(Vec<Factor<'_>>, usize)> {
    let (mut factors, mut at) = (Vec::new(), 0);
    while factors.len() < MOST_FACTORS {
        let rest = text.get(at..)?;
        let cross = CROSS.find(rest).map_or(0, |cross| cross.end());
        if !factors.is_empty() && cross == 0 {
            break;
        }
        let cross = if factors.is_empty() { 0 } else { cross };
        let rest = rest.get(cross..)?;
        let Some(found) = NUMBER.find(rest) else {
            break;
        };
        let (unit, unit_length) = unit(rest.get(found.end()..)?);
        factors.push(Factor {
            number: found.as_str(),
            unit,
        });
        at += cross + found.end() + unit_length;
    }
    (factors.len() > 1).then_some((factors, at))
}

fn unit(rest: &str) -> (Option<&'static Unit>, usize) {
    if let Some(unit) = UNIT_IN_CHAIN.captures(rest).and_then(|found| found.get(1)) {
        return (unit::unit(unit.as_str()), unit.end());
    }
    let whole = |length: usize| rest.get(length..).is_some_and(ends);
    let found = UNIT.captures(rest).and_then(|found| found.get(1));
    let known = found.and_then(|unit| Some((unit::unit(unit.as_str())?, unit.end())));
    match known.filter(|(_, length)| whole(*length)) {
        Some((unit, length)) => (Some(unit), length),
        None => (None, 0),
    }
}

/// `dois por três metros`, `dois metros por três metros`.
fn size(factors: &[Factor<'_>], unit: &Unit) -> String {
    let side = |factor: &Factor<'_>| {
        let count = number::amount(factor.number, unit.3);
        match factor.unit {
            Some((_, one, ..))
                if number::is_singular(factor.number) && factors_have_units(factors) =>
            {
                format!("{count} {one}")
            }
            Some((_, _, many, _)) => format!("{count} {many}"),
            None => count,
        }
    };
    factors.iter().map(side).collect::<Vec<_>>().join(" por ")
}

fn factors_have_units(factors: &[Factor<'_>]) -> bool {
    factors.iter().all(|factor| factor.unit.is_some())
}

/// `duas vezes quinhentos mililitros`.
fn multiple(factors: &[Factor<'_>], unit: &Unit) -> Option<String> {
    let [count, each] = factors else { return None };
    if count.unit.is_some() {
        return None;
    }
    let name = if number::is_singular(each.number) {
        unit.1
    } else {
        unit.2
    };
    let times = if count.number == "1" { "vez" } else { "vezes" };
    let count = number::amount(count.number, Feminine);
    Some(format!(
        "{count} {times} {} {name}",
        number::amount(each.number, unit.3)
    ))
}

/// What is said for the cross.
fn between(place: &Place<'_>, factors: &[Factor<'_>], length: usize) -> &'static str {
    let written = place.rest().get(..length).unwrap_or_default();
    let small = factors.iter().all(|factor| factor.number.len() == 1);
    let is_size = ["3x4", "4x4"].contains(&written) || follows(place.before(), &SIZE_BEFORE);
    let in_sum = place.sentence().contains('=')
        && place
            .before()
            .trim_end()
            .ends_with(['+', '-', '*', '/', '(']);
    if RESULT.is_match(place.after(length)) || in_sum || follows(place.before(), &ASKED_BEFORE) {
        "vezes"
    } else if is_size || factors.len() > 2 {
        "por"
    } else if written.contains(" × ") || small && written.contains('×') {
        "vezes"
    } else if small || follows(place.before(), &SCORE_BEFORE) {
        "a"
    } else {
        "por"
    }
}

/// The cross beside a bracket, or between what no chain took: `(2 + 3) x 4`.
fn cross(place: &Place<'_>) -> Option<Reading> {
    place.captures(&CROSS_ONLY)?;
    let before = place.before().trim_end();
    let bracket = before.ends_with(')') || BESIDE_BRACKET.is_match(place.rest());
    let operand = follows(place.before(), &OPERAND_BEFORE);
    let summed = bracket || SUM_NEXT.is_match(place.rest()) || place.sentence().contains('=');
    (operand && summed).then(|| Reading::new(place.next().map_or(1, char::len_utf8), "vezes"))
}

/// `12x`, but not in `2x + 3 = 7`, where x is a letter.
fn times(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&TIMES)?;
    let after = place.after(found[0].len());
    let is_term = place.sentence().contains('=') && TERM_NEXT.is_match(after);
    if is_term || !ends(after) {
        return None;
    }
    let times = if &found[1] == "1" {
        "uma vez".to_owned()
    } else {
        format!("{} vezes", number::cardinal(&found[1], Feminine))
    };
    Some(Reading::new(found[0].len(), times))
}
