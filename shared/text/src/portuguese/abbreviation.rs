//! Shortened words.

use super::{
    acronym,
    shortened::{
        ABBREVIATIONS,
        Next::{self, Any, Capital, Digit},
        RATES, STATES, WITH_STOPS,
    },
    word::fold_words,
};
use crate::reading::{Place, Reading, patterns};

patterns! {
    LETTERS = r"((?:[cps]/)|[\p{L}]+(?:ºs|º|°)?)(\.?)";
    CITED_VOLUME = r"v\.\x20[0-9]+,\x20(?:n|nº|no|p|pp)\b";
    INITIALS = r"((?:\p{Lu}\.){2,}\p{Lu}?)";
    ONE_INITIAL = r"(\p{Lu})\.\x20?\p{Lu}";
    STATE = r"([A-Z]{2})\b";
    CAPITAL_NEXT = r"\x20?(?:\p{Lu}|d[aeo]s?\x20)";
    NUMERAL_NEXT = r"\x20[IVXLC]+(?:\P{L}|$)";
    DIGIT_NEXT = r":?\x20?[(+]?[0-9]";
}

pub(super) fn abbreviation(place: &Place<'_>) -> Option<Reading> {
    if joined(place) {
        return None;
    }
    let is_rate = place.before().trim_end().ends_with('%');
    let rates = RATES.iter().filter(|_| is_rate);
    let whole = rates.chain(WITH_STOPS).find(|(written, _)| {
        place.rest().starts_with(written)
            && !place
                .after(written.len())
                .starts_with(char::is_alphanumeric)
    });
    if let Some((written, spoken)) = whole {
        return Some(Reading::new(written.len(), *spoken));
    }
    if place.captures(&CITED_VOLUME).is_some() {
        return Some(Reading::new(2, "volume"));
    }
    let found = place.captures(&LETTERS)?;
    let (letters, stop) = (&found[1], &found[2]);
    let after = place.after(found[0].len());
    if after.starts_with(['\'', '@', '_'])
        || after.starts_with(char::is_alphanumeric) && stop.is_empty() && !letters.ends_with('/')
    {
        return None;
    }
    let (_, spoken, ..) = ABBREVIATIONS.iter().find(|entry| {
        is_written(entry.0, letters) && (!entry.2 || !stop.is_empty()) && goes_on(entry.3, after)
    })?;
    Some(Reading::new(found[0].len(), *spoken))
}

fn joined(place: &Place<'_>) -> bool {
    place
        .previous()
        .is_some_and(|c| c.is_alphanumeric() || c == '\'')
}

fn is_written(entry: &str, letters: &str) -> bool {
    let capital = letters.starts_with(char::is_uppercase);
    let shouted = letters.chars().count() > 2 && !letters.contains(char::is_lowercase);
    entry.to_lowercase() == letters.to_lowercase()
        && (capital || !entry.starts_with(char::is_uppercase))
        && !shouted
}

fn goes_on(next: Next, after: &str) -> bool {
    match next {
        Any => true,
        Capital => CAPITAL_NEXT.is_match(after) && !NUMERAL_NEXT.is_match(after),
        Digit => DIGIT_NEXT.is_match(after) || NUMERAL_NEXT.is_match(after),
    }
}

/// `J. K. Rowling`, `E.U.A.`.
pub(super) fn initials(place: &Place<'_>) -> Option<Reading> {
    if joined(place) {
        return None;
    }
    if let Some(found) = place.captures(&INITIALS) {
        let letters = found[1].replace('.', "");
        let spoken = acronym::known(&letters)
            .map_or_else(|| fold_words(&acronym::letters(&letters)), str::to_owned);
        return (!place
            .after(found[0].len())
            .starts_with(char::is_alphanumeric))
        .then(|| Reading::new(found[0].len(), spoken));
    }
    let found = place.captures(&ONE_INITIAL)?;
    Some(Reading::new(found[1].len() + 1, fold_words(&found[1])))
}

/// `Campinas, SP`, `Campinas/SP`, `Campinas - SP`, `Campinas (SP)`.
pub(super) fn state(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&STATE)?;
    let (_, name) = STATES.iter().find(|(code, _)| *code == &found[1])?;
    let before = place.before();
    let city = ["- ", "– ", ", ", "/", "-", "(", "–"]
        .iter()
        .find_map(|mark| before.strip_suffix(mark))?;
    let city = city.trim_end().rsplit(' ').next().unwrap_or_default();
    let is_city = city.starts_with(char::is_uppercase) && city.contains(char::is_lowercase);
    is_city.then(|| Reading::new(2, *name))
}
