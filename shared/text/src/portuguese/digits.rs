//! Figures that are no amounts: documents, addresses of machines, versions.

use super::{ends, gender::Gender::Masculine, joined, number};
use crate::reading::{Place, Reading, patterns};

patterns! {
    DOCUMENT = r"[0-9]{7}-[0-9]{2}\.[0-9]{4}\.[0-9]\.[0-9]{2}\.[0-9]{4}|[0-9]{4}(?:\x20[0-9]{4}){3}|[0-9]{1,2}\.[0-9]{3}\.[0-9]{3}-[0-9xX]|[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}|[0-9]{2}\.[0-9]{3}\.[0-9]{3}/[0-9]{4}-[0-9]{2}|[0-9]{5}-[0-9]{3}|[0-9]+(?:-[0-9]+){2,}";
    IP = r"([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})";
    VERSION = r"(v|V)?([0-9]+(?:\.[0-9]+)+)";
}

/// `123.456.789-09`, `01310-100`, `978-85-359-0277-5`, `192.168.0.1`.
pub(super) fn code(place: &Place<'_>) -> Option<Reading> {
    if joined(place) {
        return None;
    }
    if let Some(found) = place.captures(&DOCUMENT) {
        let date = found[0].len() == 10
            && found[0]
                .split('-')
                .next()
                .is_some_and(|year| year.len() == 4);
        let after = place.after(found[0].len());
        return (!date && ends(after) && !after.starts_with('-'))
            .then(|| Reading::new(found[0].len(), groups(&found[0])));
    }
    let found = place.captures(&IP)?;
    let octets: Option<Vec<String>> = (1..=4)
        .map(|group| {
            found[group]
                .parse()
                .ok()
                .filter(|&octet: &u128| octet < 256 && octet.to_string() == found[group])
                .map(|octet| number::of(octet, Masculine))
        })
        .collect();
    let after = place.after(found[0].len());
    let goes_on = after.strip_prefix('.').is_some_and(|rest| !ends(rest));
    (ends(after) && !goes_on).then_some(())?;
    Some(Reading::new(found[0].len(), octets?.join(" ponto ")))
}

/// Digit by digit, with a short break between groups.
pub(super) fn groups(written: &str) -> String {
    let groups = written
        .split(|c: char| !c.is_ascii_digit())
        .filter(|group| !group.is_empty());
    groups.map(number::each).collect::<Vec<_>>().join(", ")
}

/// `2.0.1`, `v2.0`.
pub(super) fn version(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&VERSION)?;
    let thousands = found[2].split('.').skip(1).all(|group| group.len() == 3);
    let is_number = found.get(1).is_none() && (found[2].matches('.').count() < 2 || thousands);
    if is_number || joined(place) || !ends(place.after(found[0].len())) {
        return None;
    }
    let parts: Vec<_> = found[2]
        .split('.')
        .map(|part| number::cardinal(part, Masculine))
        .collect();
    let named = ["versão", "version"].contains(&place.previous_word().to_lowercase().as_str());
    let prefix = if found.get(1).is_some() && !named {
        "versão "
    } else {
        ""
    };
    Some(Reading::new(
        found[0].len(),
        format!("{prefix}{}", parts.join(" ponto ")),
    ))
}
