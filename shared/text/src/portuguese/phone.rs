//! Telephone numbers, where a six is `meia`.

use super::{context::follows, ends, joined, number};
use crate::reading::{Place, Reading, patterns};

/// Numbers that cost nothing or little have a number for their prefix.
const PREFIXES: &[(&str, &str)] = &[
    ("0800", "zero oitocentos"),
    ("0300", "zero trezentos"),
    ("0900", "zero novecentos"),
];

patterns! {
    INTERNATIONAL = r"\+[0-9]{1,3}(?:[\x20.-]?\(?[0-9]{1,5}\)?){2,6}";
    BRAZILIAN = r"0?[1-9][0-9]\x209?\x20?[0-9]{4}-[0-9]{4}|\(0?[0-9]{2}\)\x20?9?[\x20.]?[0-9]{4}[-\x20.]?[0-9]{4}|[1-9][1-9]\x209\x20[0-9]{4}\x20[0-9]{4}|0[389]00[\x20-]?[0-9]{3}[\x20-]?[0-9]{4}|9?[0-9]{4}-[0-9]{4}|400[0-9]\x20[0-9]{4}|[1-9][1-9]9[0-9]{8}";
    // Only behind words that say so.
    CALLED = r"(?:0?[1-9][1-9][\x20.-])?(?:9[\x20.]?)?[0-9]{3,4}[-\x20.]?[0-9]{4}|[0-9]{2,6}";
    LOCAL = r"[2-9][0-9]{2}-[0-9]{4}";
    CALLED_BEFORE = r"(?i).*(?:^|[^\p{L}])(?:telefones?|tel|celular|cel|fone|whatsapp|zap|ramal|ext|extensão|ligue|ligar|disque|chame|contato|fax|sac)(?:\x20(?:é|para|o|do|de|no|número|nº|pelo)){0,2}[.:]*\x20?$";
    EXTENSION_BEFORE = r"(?i).*\b(?:ramal|ext|extensão)[.:]*\x20$";
}

/// `(11) 91234-5678`, `+55 11 91234-5678`, `0800 123 4567`.
pub(super) fn phone(place: &Place<'_>) -> Option<Reading> {
    if joined(place) {
        return None;
    }
    let known = place
        .captures(&INTERNATIONAL)
        .or_else(|| place.captures(&BRAZILIAN));
    let enough = |written: &str| {
        written.chars().filter(char::is_ascii_digit).count() >= 8 && !years(written)
    };
    let plain = known.and_then(|found| spoken(place, found.get(0)?.as_str(), enough));
    plain.or_else(|| called(place)).or_else(|| local(place))
}

/// `tel 3456 7890`, `ramal 123`.
fn called(place: &Place<'_>) -> Option<Reading> {
    let extension = follows(place.before(), &EXTENSION_BEFORE);
    if !extension && !follows(place.before(), &CALLED_BEFORE) {
        return None;
    }
    let found = place.captures(&CALLED)?;
    spoken(place, found.get(0)?.as_str(), |written| {
        extension || written.chars().filter(char::is_ascii_digit).count() > 6
    })
}

/// `555-1234`, which is a range unless it stands alone.
fn local(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&LOCAL)?;
    let alone = place.before().is_empty() && place.after(found[0].len()).len() < 2;
    spoken(place, found.get(0)?.as_str(), |_| alone)
}

fn spoken(place: &Place<'_>, written: &str, fits: impl Fn(&str) -> bool) -> Option<Reading> {
    let after = place.after(written.len());
    (fits(written) && ends(after) && !after.starts_with('-')).then(|| {
        let plus = if written.starts_with('+') {
            "mais "
        } else {
            ""
        };
        Reading::new(written.len(), format!("{plus}{}", groups(written)))
    })
}

/// `1990-2000` is a span of years.
fn years(written: &str) -> bool {
    let is_year =
        |digits: &str| digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20"));
    written
        .split_once('-')
        .is_some_and(|(first, last)| is_year(first) && is_year(last))
}

/// Digit by digit in groups.
pub(super) fn groups(written: &str) -> String {
    let groups = written
        .split(|c: char| !c.is_ascii_digit())
        .filter(|group| !group.is_empty());
    groups.map(group).collect::<Vec<_>>().join(", ")
}

fn group(digits: &str) -> String {
    let each = |digits: &str| number::each(digits).replace("seis", "meia");
    let prefix = PREFIXES
        .iter()
        .find_map(|(prefix, name)| Some((name, digits.strip_prefix(prefix)?)));
    match prefix {
        Some((name, "")) => (*name).to_owned(),
        Some((name, rest)) => format!("{name}, {}", each(rest)),
        None => each(digits),
    }
}
