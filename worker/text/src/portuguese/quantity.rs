//! Bare numbers: ordinals, scaled counts, and all that is left.

use super::{
    ends,
    gender::{
        Gender::{Feminine, Masculine},
        of_noun,
    },
    joined, number,
};
use crate::reading::{Place, Reading, patterns};

patterns! {
    ORDINAL = r"([0-9]{1,3}(?:\.[0-9]{3})?|[0-9]{4})\.?(ºs?|ªs?|o\b|a\b|°)";
    DEGREE = r"\x20?(?:[CFNSLOEW]\b|de\x20(?:latitude|longitude)|[0-9])";
    LOWER = r"\x20\p{Ll}";
    SCALED = r"([0-9]+(?:[.,][0-9]+)?)\x20?(mil|mi|bi|tri|milhão|milhões|bilhão|bilhões|trilhão|trilhões|k|K)\b";
    NUMBER = r"([0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?|[0-9]+(?:[,.][0-9]+)?)";
}

/// `1º`, `2ª`, `3o`, `10.º`.
pub(super) fn ordinal(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&ORDINAL)?;
    let (sign, after) = (&found[2], place.after(found[0].len()));
    let is_degree = sign == "°" && (DEGREE.is_match(after) || !LOWER.is_match(after));
    if joined(place) || is_degree || found[1].starts_with('0') {
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
    let found = place.captures(&SCALED)?;
    if joined(place) {
        return None;
    }
    let after = place.after(found[0].len()).trim_start();
    let one = number::is_singular(&found[1]);
    let (gender, scale) = match &found[2] {
        "mil" | "k" | "K" => (of_noun(after), "mil"),
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
    let noun = place
        .after(written.len())
        .strip_prefix(' ')
        .unwrap_or_default();
    Some(Reading::new(
        written.len(),
        number::amount(written, of_noun(noun)),
    ))
}
