//! Fractions, written with a slash or as one sign.

use super::{
    context::follows,
    ends,
    gender::{
        Gender::{self, Masculine},
        of_counted,
    },
    joined, number, unit as units,
};
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
    FRACTION = r"(?:([0-9]+)\x20)?([0-9]{1,3})/(1\.?000|[0-9]{1,3})";
    SIGN = r"([0-9]*)\x20?([½⅓⅔¼¾⅕⅛])";
    NOUN = r"\x20\p{Ll}{2}";
    OF = r"\x20d[aeo]s?\b";
    UNIT = r"\x20?(\p{L}+)";
    // Not parts of a whole: one of several, or from one to another.
    COUNT_BEFORE = r"(?i).*\b(?:notas?|página|pág\.|parcelas?|parte|etapa|episódio|slide|questão|passo|avaliação)\x20$";
    LEAVES_BEFORE = r"(?i).*\b(?:fls\.|folhas|págs\.|páginas|pp\.)\x20$";
    PAIR = r"([0-9]{1,3}(?:,[0-9]+)?)/([0-9]{1,3})";
    HOURS_NEXT = r"\x20?(?:h|hs|horas)\b";
    PRESSURE_NEXT = r"\x20?mmHg\b";
}

/// `3/4`, `1 1/2`, `½`, `2½`, `1/2 kg`.
pub(super) fn fraction(place: &Place<'_>) -> Option<Reading> {
    if joined(place) {
        return None;
    }
    if let Some(pair) = pair(place) {
        return Some(pair);
    }
    let (length, whole, fraction) = by_sign(place).or_else(|| by_slash(place))?;
    let after = place.after(length);
    if let Some((unit, symbol_length)) = unit(after) {
        let spoken = of_unit(whole, &fraction, unit);
        return Some(Reading::new(length + symbol_length, spoken));
    }
    let gender = of_counted(after);
    let half = NOUN.is_match(after) && !OF.is_match(after) || !whole.is_empty();
    let fraction = match fraction.as_str() {
        "um meio" if half => gender.of_adjective("meio"),
        "meio" => gender.of_adjective("meio"),
        _ => fraction,
    };
    Some(Reading::new(length, mixed(whole, &fraction, gender)))
}

/// `nota 9/10`, `10/10`, `fls. 12/15`, `24/48h`, `120/80 mmHg`.
fn pair(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&PAIR)?;
    let after = place.after(found[0].len());
    let (above, below) = (number::value(&found[1]), number::value(&found[2]));
    let between = if PRESSURE_NEXT.is_match(after) && above > 20 {
        "por"
    } else if follows(place.before(), &COUNT_BEFORE) || above == below && below > 4 {
        "de"
    } else if follows(place.before(), &LEAVES_BEFORE)
        || HOURS_NEXT.is_match(after) && above > 1 && below > 10
    {
        "a"
    } else {
        return None;
    };
    let plain = !after.starts_with(['/', ',']) && !after.starts_with(|c: char| c.is_ascii_digit());
    // What is counted is read behind.
    let first = number::amount(&found[1], of_counted(after));
    let length = found[1].len() + 1;
    plain.then(|| Reading::new(length, format!("{first} {between}")))
}

/// How much is read, the whole number, and the fraction in words.
type Parts<'a> = (usize, &'a str, String);

fn by_sign<'a>(place: &Place<'a>) -> Option<Parts<'a>> {
    let found = place.captures(&SIGN)?;
    let (_, name) = SIGNS.iter().find(|(sign, _)| found[2].starts_with(*sign))?;
    Some((found[0].len(), found.get(1)?.as_str(), (*name).to_owned()))
}

fn by_slash<'a>(place: &Place<'a>) -> Option<Parts<'a>> {
    let found = place.captures(&FRACTION)?;
    let after = place.after(found[0].len());
    if after.starts_with(|c: char| c.is_ascii_digit() || c == '/') {
        return None;
    }
    let (above, below) = (
        found[2].parse().ok()?,
        found[3].replace('.', "").parse().ok()?,
    );
    let whole = found.get(1).map_or("", |whole| whole.as_str());
    if !ends(after) && unit(after).is_none() || !whole.is_empty() && above >= below {
        return None;
    }
    Some((found[0].len(), whole, name(above, below)?))
}

/// The name of the unit that follows, and how much of the text it takes.
fn unit(after: &str) -> Option<(&'static str, usize)> {
    let found = UNIT.captures(after)?;
    let (_, one, ..) = units::unit(&found[1])?;
    ends(after.get(found[0].len()..)?).then(|| (*one, found[0].len()))
}

/// `meio quilo`, `três quartos de quilo`, `um quilo e meio`.
fn of_unit(whole: &str, fraction: &str, unit: &str) -> String {
    let gender = of_counted(&format!(" {unit}"));
    let is_half = ["um meio", "meio"].contains(&fraction);
    let half = gender.of_adjective("meio");
    match (whole, is_half) {
        ("", true) => format!("{half} {unit}"),
        ("", false) => format!("{fraction} de {unit}"),
        (whole, _) => {
            let plural = if whole == "1" { "" } else { "s" };
            let fraction = if is_half { &half } else { fraction };
            let whole = number::cardinal(whole, gender);
            format!("{whole} {unit}{plural} e {fraction}")
        }
    }
}

fn mixed(whole: &str, fraction: &str, gender: Gender) -> String {
    if whole.is_empty() {
        return fraction.to_owned();
    }
    format!("{} e {fraction}", number::cardinal(whole, gender))
}

fn name(above: u128, below: u128) -> Option<String> {
    let count = number::of(above, Masculine);
    let plural = if above == 1 { "" } else { "s" };
    match (above, below) {
        (24, 7) => Some("vinte e quatro por sete".to_owned()),
        (_, 0 | 1) => None,
        (_, 2..=10) => {
            let part = PARTS.get(usize::try_from(below).ok()?)?;
            Some(format!("{count} {part}{plural}"))
        }
        (_, 100) => Some(format!("{count} centésimo{plural}")),
        (_, 1000) => Some(format!("{count} milésimo{plural}")),
        _ => Some(format!("{count} {} avos", number::of(below, Masculine))),
    }
}
