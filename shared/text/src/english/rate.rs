//! What a price or a pace is counted by.

use super::range::after_number;
use crate::reading::{Place, Reading, patterns};

const COUNTED_BY: &[(&str, &str)] = &[
    ("mo", "month"),
    ("month", "month"),
    ("yr", "year"),
    ("year", "year"),
    ("y", "year"),
    ("hr", "hour"),
    ("h", "hour"),
    ("hour", "hour"),
    ("day", "day"),
    ("wk", "week"),
    ("week", "week"),
    ("night", "night"),
    ("min", "minute"),
    ("minute", "minute"),
    ("sec", "second"),
    ("s", "second"),
    ("second", "second"),
    ("person", "person"),
    ("user", "user"),
    ("seat", "seat"),
    ("unit", "unit"),
    ("piece", "piece"),
    ("pc", "piece"),
    ("kg", "kilogram"),
    ("g", "gram"),
    ("lb", "pound"),
    ("oz", "ounce"),
    ("gal", "gallon"),
    ("mi", "mile"),
    ("km", "kilometer"),
    ("mile", "mile"),
    ("item", "item"),
    ("share", "share"),
    ("liter", "liter"),
    ("gallon", "gallon"),
    ("pound", "pound"),
];
/// Only behind a sum of money.
const PRICED_BY: &[(&str, &str)] = &[
    ("d", "day"),
    ("w", "week"),
    ("m", "month"),
    ("ea", "each"),
    ("pp", "person"),
    ("doz", "dozen"),
    ("kwh", "kilowatt hour"),
    ("mwh", "megawatt hour"),
    ("gb", "gigabyte"),
    ("tb", "terabyte"),
    ("mb", "megabyte"),
    ("l", "liter"),
    ("ft", "foot"),
    ("sq ft", "square foot"),
    ("sqft", "square foot"),
    ("sq m", "square meter"),
    ("m²", "square meter"),
    ("ton", "ton"),
    ("t", "ton"),
    ("bbl", "barrel"),
];

patterns! {
    PER = r"/\x20?(sq\.?\x20(?:ft|m)|m²|[a-zA-Z]+)";
    AMOUNT = r"/\x20?[0-9.,]+\x20?[a-zA-Z]+\b";
    MONEY = r".*[$£€¥₹][0-9][0-9.,]*(?:[kKMB]|bn)?(?:\x20?[-–]\x20?[$£€¥₹]?[0-9.,]+)?(?:/[a-z]+|\x20per\x20[a-z]+)*\x20?$";
    COUNTED = r".*[0-9]\x20?[\p{L}%]*(?:/[a-z]+)?\x20?$";
}

/// `$5/month`, `60 words/minute`, `$20/user/month`, `$12/ticket`.
pub(super) fn per(place: &Place<'_>) -> Option<Reading> {
    if place.captures(&AMOUNT).is_some() && MONEY.is_match(place.before()) {
        return Some(Reading::new(1, "per"));
    }
    let found = place.captures(&PER)?;
    let key = found[1].replace('.', "").to_lowercase();
    let after = place.after(found[0].len());
    if after.starts_with(char::is_alphanumeric) {
        return None;
    }
    let named = |list: &[(&'static str, &'static str)]| {
        list.iter()
            .find(|(short, _)| *short == key)
            .map(|(_, name)| *name)
    };
    let price = MONEY.is_match(place.before());
    let small = found[1].starts_with(char::is_lowercase);
    let name = named(COUNTED_BY)
        .filter(|_| small && (price || after_number(place) || COUNTED.is_match(place.before())))
        .or_else(|| named(PRICED_BY).filter(|_| price));
    let word = price && small && found[1].len() > 2;
    let spoken = match name {
        Some("each") => "each".to_owned(),
        Some(name) => format!("per {name}"),
        None if word && found[1].is_ascii() => format!("per {}", &found[1]),
        None => return None,
    };
    Some(Reading::new(found[0].len(), spoken))
}
