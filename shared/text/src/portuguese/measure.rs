//! Numbers with units.

use super::{
    context::follows,
    ends,
    gender::Gender::{Feminine, Masculine},
    joined, number,
    unit::{counted_by, unit},
};
use crate::reading::{Place, Reading, patterns};

patterns! {
    MEASURE = r"([0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?|[0-9]+(?:[,.][0-9]+)?)
        (?:(?:\x20?[-–]\x20?|\x20a\x20)([0-9]+(?:,[0-9]+)?))?
        \x20?(°\x20?[CFcf]\b|[°%‰]?[\p{L}]*[²³23]?)(?:/([\p{L}]+[²³23]?))?";
    FOLIO_BEFORE = r"(?i).*\b(?:fls?|folhas?|pp?)\.?\x20$";
    // A height as it is said, and in capitals.
    HEIGHT = r"([0-9]{1,2})m([0-9]{2})(?:cm)?\b|([12]),([0-9]{2})\x20?M\b";
    INCHES = r#"([0-9]+(?:[,.][0-9])?)""#;
}

/// `5 km`, `10-20%`, `1,5 kg`, `80 km/h`, `10x15 cm`.
pub(super) fn measure(place: &Place<'_>) -> Option<Reading> {
    if joined(place) {
        return None;
    }
    if let Some(found) = place.captures(&HEIGHT) {
        let part = |group: usize| found.get(group).or(found.get(group + 2));
        let written = format!("{},{}", part(1)?.as_str(), part(2)?.as_str());
        return Some(Reading::new(found[0].len(), metres(&written)?));
    }
    let Some((found, (symbol, one, many, gender))) = place
        .captures(&MEASURE)
        .and_then(|found| unit(&found[3]).map(|unit| (found, unit)))
    else {
        return inches(place);
    };
    // `fls. 10v` is the back of a leaf.
    if &found[3] == "v" && follows(place.before(), &FOLIO_BEFORE) {
        return None;
    }
    let per = found.get(4).and_then(|per| counted_by(per.as_str()));
    let length = match (found.get(4), per) {
        (Some(unknown), None) => unknown.start() - 1,
        _ => found[0].len(),
    };
    if !ends(place.after(length)) {
        return None;
    }
    let first = number::amount(&found[1], *gender);
    let spoken = match (found.get(2), per) {
        (Some(last), _) => {
            let last = number::amount(last.as_str(), *gender);
            format!("{first} a {last} {many}")
        }
        (None, None) if *symbol == "m" && metres(&found[1]).is_some() => metres(&found[1])?,
        _ if number::is_singular(&found[1]) => format!("{first} {one}"),
        _ => format!("{first} {many}"),
    };
    let per = per.map_or(String::new(), |per| format!(" por {per}"));
    Some(Reading::new(length, spoken + &per))
}

/// Lengths to the centimetre are said as heights are: `um metro e setenta e cinco`.
fn metres(written: &str) -> Option<String> {
    let (whole, decimals) = written.split_once(',')?;
    let centimetres = decimals.strip_prefix('0').unwrap_or(decimals);
    if decimals.len() != 2 || centimetres == "0" || whole.starts_with('0') {
        return None;
    }
    let name = if whole == "1" { "metro" } else { "metros" };
    let whole = number::amount(whole, Masculine);
    Some(format!(
        "{whole} {name} e {}",
        number::cardinal(centimetres, Masculine)
    ))
}

/// `27"`, unless the sign closes a quotation.
fn inches(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&INCHES)?;
    let quoted = place.before().contains('"') || place.after(found[0].len()).contains('"');
    let name = if number::is_singular(&found[1]) {
        "polegada"
    } else {
        "polegadas"
    };
    let spoken = format!("{} {name}", number::amount(&found[1], Feminine));
    (!quoted).then(|| Reading::new(found[0].len(), spoken))
}
