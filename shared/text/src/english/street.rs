//! Addresses of houses: the number, the direction and the kind of the street.

use super::number;
use crate::reading::{Place, Reading, patterns};

/// Kinds that are known wherever they stand behind the name of a street with a house number.
const KINDS: &[(&str, &str)] = &[
    ("st", "street"),
    ("ave", "avenue"),
    ("av", "avenue"),
    ("blvd", "boulevard"),
    ("ln", "lane"),
    ("rd", "road"),
    ("ct", "court"),
    ("pl", "place"),
    ("hwy", "highway"),
    ("pkwy", "parkway"),
    ("dr", "drive"),
    ("ter", "terrace"),
    ("terr", "terrace"),
    ("cir", "circle"),
    ("sq", "square"),
    ("expy", "expressway"),
    ("fwy", "freeway"),
    ("trl", "trail"),
    ("aly", "alley"),
    ("tpke", "turnpike"),
    ("plz", "plaza"),
    ("cres", "crescent"),
    ("crt", "court"),
    ("wy", "way"),
    ("brg", "bridge"),
    ("xing", "crossing"),
    ("mnr", "manor"),
    ("rte", "route"),
];
const DIRECTIONS: &[(&str, &str)] = &[
    ("N", "north"),
    ("S", "south"),
    ("E", "east"),
    ("W", "west"),
    ("NE", "northeast"),
    ("NW", "northwest"),
    ("SE", "southeast"),
    ("SW", "southwest"),
];
/// Parts of a building.
const ROOMS: &[(&str, &str)] = &[
    ("Apt", "apartment"),
    ("Ste", "suite"),
    ("Bldg", "building"),
    ("Rm", "room"),
    ("Fl", "floor"),
];

macro_rules! kind {
    () => {
        r"(?:(?i:St|Ave?|Blvd|Ln|Rd|Ct|Pl|Hwy|Pkwy|Dr|Terr?|Cir|Sq|Expy|Fwy|Trl|Aly|Tpke|Plz|Cres|Crt|Wy|Brg|Xing|Mnr)
            |Street|Avenue|Boulevard|Lane|Road|Court|Place|Highway|Parkway|Drive|Terrace|Circle|Square|Expressway|Freeway
            |Trail|Alley|Turnpike|Plaza|Crescent|Way|Row|Broadway|street|avenue|road|lane|drive|boulevard)\b"
    };
}
macro_rules! names {
    () => {
        r"(?:(?:[A-Z][\p{L}'.]*|[0-9]{1,3}(?:st|nd|rd|th|ST|ND|RD|TH)|de|la|del|of|the)\x20){1,4}?"
    };
}
macro_rules! direction {
    () => {
        r"(?:(?:[NSEW]|NE|NW|SE|SW|N\.E|N\.W|S\.E|S\.W)\b\.?\x20)?"
    };
}

patterns! {
    HOUSE = concat!(r"([0-9]{1,5})([A-Z])?\x20", direction!(), names!(), kind!());
    HOUSE_BEFORE = concat!(r"(?:.*[^\p{L}\p{N}.,$£€-])?[0-9]{1,5}[A-Z]?\x20", direction!(), names!(), "$");
    NUMBERED_BEFORE = r".*\b[0-9]{1,3}(?:st|nd|rd|th|ST|ND|RD|TH)\x20$";
    DIRECTED = concat!(r"([NSEW][EW]?)\b\.?\x20(?:[0-9]{1,3}(?:st|nd|rd|th)\b|", names!(), kind!(), ")");
    NAMED_BEFORE = concat!(r".*[\p{L}\p{N}]\x20", kind!(), r"\.?\x20$");
    DIRECTION_BEHIND = r"([NSEW])\b\.?(?:[\x20,;]|$)";
    KIND = r"([A-Za-z]{2,4})\b(\.?)";
    ROOM = r"(Apt|Ste|Bldg|Rm|Fl)\b\.?\x20?(?:\#\x20?)?([A-Z]?[0-9]+)?";
}

/// `1428` of `1428 Elm St`, said as people say it.
pub(super) fn house_number(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&HOUSE)?;
    if place
        .previous()
        .is_some_and(|c| c.is_alphanumeric() || "-.,$£€#/:".contains(c))
    {
        return None;
    }
    let digits = &found[1];
    let said = match digits.parse::<u128>() {
        Ok(house @ 1000..10_000) => number::in_pairs(house),
        Ok(_) if digits.len() == 5 => number::each(digits),
        _ => number::cardinal(digits),
    };
    // `221B` is read with its letter elsewhere.
    found
        .get(2)
        .is_none_or(|letter| letter.is_empty())
        .then(|| Reading::new(digits.len(), said))
}

/// `W` of `500 W 34th St`, and of `5th Ave W`.
pub(super) fn direction(place: &Place<'_>) -> Option<Reading> {
    if place.previous().is_some_and(|c| c != ' ' && c != '(') {
        return None;
    }
    let named = |written: &str| DIRECTIONS.iter().find(|(short, _)| *short == written);
    if let Some(found) = place.captures(&DIRECTED) {
        let (short, name) = named(&found[1])?;
        let stop = place.after(short.len()).starts_with('.');
        return Some(Reading::new(short.len() + usize::from(stop), *name));
    }
    let found = place.captures(&DIRECTION_BEHIND)?;
    let (short, name) = named(&found[1])?;
    NAMED_BEFORE
        .is_match(place.before())
        .then(|| Reading::new(short.len(), *name))
}

/// `Ln` of `12 Oak Ln`, `St` of `2nd St`, and `Apt 4B`.
pub(super) fn kind(place: &Place<'_>) -> Option<Reading> {
    if place.previous().is_some_and(|c| c != ' ' && c != ',') {
        return None;
    }
    if let Some(found) = place.captures(&ROOM)
        && let Some(figures) = found.get(2)
    {
        let (_, name) = ROOMS.iter().find(|(short, _)| *short == &found[1])?;
        return Some(Reading::new(figures.start(), *name));
    }
    let found = place.captures(&KIND)?;
    let short = found[1].to_lowercase();
    let (_, name) = KINDS.iter().find(|(kind, _)| *kind == short)?;
    let numbered = matches!(
        short.as_str(),
        "st" | "ave" | "av" | "rd" | "ln" | "pl" | "ct" | "dr"
    );
    let known = HOUSE_BEFORE.is_match(place.before())
        || numbered && NUMBERED_BEFORE.is_match(place.before());
    let ends = !place
        .after(found[0].len())
        .starts_with(|c: char| c.is_alphanumeric() || c == '\'');
    let shouted = found[1].len() > 1 && found[1].chars().all(char::is_uppercase) && !numbered;
    (known && ends && !shouted).then(|| Reading::new(length(place, &found[0], &found[1]), *name))
}

/// A stop that ends the sentence stays there.
fn length(place: &Place<'_>, whole: &str, letters: &str) -> usize {
    if place.after(whole.len()).trim_start().is_empty() {
        letters.len()
    } else {
        whole.len()
    }
}
