//! Bare numbers: ordinals, scaled counts, and all that is left.

use super::{
    ends,
    gender::{
        Gender::{Feminine, Masculine},
        of_counted,
    },
    joined, number,
};
use crate::reading::{Place, Reading, patterns};

patterns! {
    ORDINAL = r"([0-9]{1,3}(?:\.[0-9]{3})?|[0-9]{4})\.?(ºs?|ªs?|os?\b|as?\b)";
    LOWER = r"\x20\p{Ll}";
    EDITION = r"([0-9]{1,3})\.\x20ed\.";
    SCALED = r"([0-9]+(?:[.,][0-9]+)?)\x20?(mil|mi|bi|tri|milhão|milhões|bilhão|bilhões|trilhão|trilhões|k|K)\b";
    FOLLOWERS = r"([0-9]+(?:[.,][0-9]+)?)M\x20de\x20\p{L}";
    QUARTER = r"([1-4])T([0-9]{2}|20[0-9]{2})\b";
    YEAR = r"(?:1[5-9]|20)[0-9]{2}$";
    NUMBER = r"([0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?|[0-9]+(?:[,.][0-9]+)?)";
}

/// `1º`, `2ª`, `3o`, `10.º`, and the `2.` of `2. ed.`.
pub(super) fn ordinal(place: &Place<'_>) -> Option<Reading> {
    if let Some(found) = place.captures(&EDITION).filter(|_| !joined(place)) {
        let length = found[1].len() + 1;
        return Some(Reading::new(length, number::ordinal(&found[1], Feminine)));
    }
    let found = place.captures(&ORDINAL)?;
    let sign = &found[2];
    if joined(place) || found[1].starts_with('0') {
        return None;
    }
    let gender = if sign.starts_with(['ª', 'a']) {
        Feminine
    } else {
        Masculine
    };
    let plural = if sign.ends_with('s') { "s" } else { "" };
    Some(Reading::new(
        found[0].len(),
        number::ordinal(&found[1], gender) + plural,
    ))
}

/// `3 mil`, `2,5 milhões`, `10 mi`, `100k`.
pub(super) fn scaled(place: &Place<'_>) -> Option<Reading> {
    if let Some(found) = place.captures(&FOLLOWERS).filter(|_| !joined(place)) {
        let scale = if number::is_singular(&found[1]) {
            "milhão"
        } else {
            "milhões"
        };
        let count = number::amount(&found[1], Masculine);
        return Some(Reading::new(found[1].len() + 1, format!("{count} {scale}")));
    }
    if let Some(found) = place.captures(&QUARTER).filter(|_| !joined(place)) {
        let quarter = number::ordinal(&found[1], Masculine);
        let year = number::cardinal(&found[2], Masculine);
        let spoken = format!("{quarter} trimestre de {year}");
        return Some(Reading::new(found[0].len(), spoken));
    }
    let found = place.captures(&SCALED)?;
    let is_format = ["4K", "8K"].contains(&&found[0]);
    if joined(place) || is_format {
        return None;
    }
    let after = place.after(found[0].len());
    let one = number::is_singular(&found[1]) && !found[2].ends_with("ões");
    let (gender, scale) = match &found[2] {
        "mil" | "k" | "K" => (of_counted(after), "mil"),
        "mi" | "milhão" | "milhões" => (Masculine, if one { "milhão" } else { "milhões" }),
        "bi" | "bilhão" | "bilhões" => (Masculine, if one { "bilhão" } else { "bilhões" }),
        _ => (Masculine, if one { "trilhão" } else { "trilhões" }),
    };
    let count = number::amount(&found[1], gender);
    let spoken = if scale == "mil" && &found[1] == "1" {
        scale.to_owned()
    } else {
        format!("{count} {scale}")
    };
    Some(Reading::new(found[0].len(), spoken))
}

/// Any other number that no letter follows, in the gender of the noun behind it.
pub(super) fn number(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&NUMBER)?;
    let written = &found[1];
    if !ends(place.after(written.len())) || joined(place) {
        return None;
    }
    let after = place.after(written.len());
    let gender = if is_year(place, written) {
        Masculine
    } else {
        of_counted(after)
    };
    let counted = two_places(place, written, after).unwrap_or(written);
    Some(Reading::new(written.len(), number::amount(counted, gender)))
}

/// A noun behind a year is not counted by it.
fn is_year(place: &Place<'_>, written: &str) -> bool {
    let before = place.previous_word().to_lowercase();
    YEAR.is_match(written)
        && ["em", "desde", "até", "após", "ano", "anos"].contains(&before.as_str())
}

/// `05 vagas`, `dia 05`: the zero only fills the column.
fn two_places<'a>(place: &Place<'_>, written: &'a str, after: &str) -> Option<&'a str> {
    let digit = written.strip_prefix('0').filter(|rest| rest.len() == 1)?;
    let dated = ["dia", "dias"].contains(&place.previous_word().to_lowercase().as_str());
    (dated || LOWER.is_match(after)).then_some(digit)
}
