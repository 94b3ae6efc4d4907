//! Codes, numbers of cards and the like, said figure by figure.

use super::{acronym, number};
use crate::reading::{Place, Reading, patterns};

/// Figures right behind these, or behind `is` and the like, are a code.
macro_rules! named {
    () => {
        r"(?:code|pin|passcode|passkey|password|otp|cvv|cvc|ssn|imei|vin|isbn|issn|sku|upc|ean|pnr|iban|zip|serial|tracking
            |verification|ending|ends|extension|ext|digits|tan|captcha|plate|ref\.|last\x20four|last\x204)"
    };
}
/// Figures behind these and `number`, `ID`, `#` and the like are a code.
macro_rules! numbered {
    () => {
        r"(?:order|account|acct|ticket|invoice|booking|reservation|reference|ref|confirmation|card|case|claim|policy|member
            |membership|employee|customer|user|student|patient|transaction|routing|serial|tracking|license|licence|passport
            |model|part|parcel|shipment|registration|security|phone|social\x20security|receipt|batch|lot|contract|loan|file|docket)"
    };
}

patterns! {
    CODE = r"(?:[A-Z]{1,4}-)?[A-Za-z]{0,4}[0-9][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*";
    BEFORE = concat!(
        r"(?i:(?:.*[^\p{L}\p{N}])?(?:", named!(), r"(?:\x20(?:numbers?|no\.?|in|with|code|id))?|id|", numbered!(),
        r"(?:(?:\x20(?:numbers?|no\.?|id|code|num\.?))+\x20?\#?|\x20?\#))(?:\x20(?:is|was|are|=)(?:\x20now)?|[:=\#])*\.?\x20?\#?)$"
    );
    LONG_BEFORE = concat!(r"(?i:(?:.*[^\p{L}\p{N}])?", numbered!(), r"(?:\x20(?:is|was|=)|:)*\x20)$");
    OTHER = r"(?i:.*\b(?:promo|discount|coupon|promotional|dress|country|status|error|exit|voucher|referral|source)\x20code(?:\x20is|:)?\x20)$";
    BEHIND = r"\x20(?:is|as)\x20(?:your|the|my|our)\x20(?:[A-Za-z-]+\x20){0,4}?(?i:code|otp|pin|passcode|password)\b";
    YEAR_BEFORE = r"(?i:.*\b(?:ending|ends)(?:\x20in|\x20with)?\x20)$";
    NUMBERED_BEFORE = r"(?i:.*\b(?:card|account|number|visa|mastercard|amex|phone|digits|line|iban)\b)";
    MASKED = r"(?:(?:\*{3,4}|[•xX]{2,4})[-\x20]?){1,4}([0-9]{4})";
    CARD = r"[0-9]{4}(?:\x20[0-9]{4}){3}|[0-9]{4}\x20[0-9]{6}\x20[0-9]{5}";
    OPENING = r"\W*\w+\x20$";
    NOUN = r"\x20[a-z]{3,}s\b";
}

/// `code is 123456`, `ending in 4471`, `482913 is your code`, `**** 4471`, `4111 1111 1111 1111`.
pub(super) fn figures(place: &Place<'_>) -> Option<Reading> {
    if place
        .previous()
        .is_some_and(|c| c.is_alphanumeric() || "$£€.".contains(c))
    {
        return None;
    }
    if let Some(found) = place.captures(&CARD) {
        let groups: Vec<_> = found[0].split(' ').map(number::each).collect();
        return ends(place.after(found[0].len()))
            .then(|| Reading::new(found[0].len(), groups.join(", ")));
    }
    if let Some(found) = place.captures(&MASKED) {
        return ends(place.after(found[0].len()))
            .then(|| Reading::new(found[0].len(), number::each(&found[1])));
    }
    let found = place.captures(&CODE)?;
    let (code, after) = (&found[0], place.after(found[0].len()));
    let digits = code.bytes().filter(u8::is_ascii_digit).count();
    let bare = digits == code.len();
    if digits < 1
        || bare && digits < 2
        || !ends(after)
        || bare && NOUN.is_match(after) && OPENING.is_match(place.before())
    {
        return None;
    }
    let runs = |letter: fn(&char) -> bool, most: usize| {
        code.split(|c: char| !letter(&c))
            .any(|run| run.len() > most)
    };
    let word = runs(char::is_ascii_lowercase, 2) || runs(char::is_ascii_alphabetic, 3);
    let before = place.before();
    let named = BEFORE.is_match(before)
        && !OTHER.is_match(before)
        && (digits > 2 || !bare || code.starts_with('0'));
    let mixed = !bare && digits > 1 && code.len() > 4;
    let kind = ["model", "part"].contains(&place.previous_word().to_lowercase().as_str());
    let long = (digits > 4 || mixed && !kind) && LONG_BEFORE.is_match(before);
    let year = matches!(code.parse(), Ok(1900..2100u32))
        && YEAR_BEFORE.is_match(before)
        && !NUMBERED_BEFORE.is_match(before);
    let sent = bare && (4..=8).contains(&digits) && BEHIND.is_match(after);
    let round = bare && digits == 3 && code.ends_with("00") && !code.starts_with('0');
    ((named || long || sent) && !word && !round && !year)
        .then(|| Reading::new(code.len(), spoken(code)))
}

/// No figure or sign joins what follows.
fn ends(after: &str) -> bool {
    let mut next = after.chars();
    match next.next() {
        Some('.' | ',' | ':' | '/' | '-') => !next.next().is_some_and(char::is_alphanumeric),
        Some('%' | '$' | '°' | '€') => false,
        Some(c) => !c.is_alphanumeric(),
        None => true,
    }
}

/// Each figure, and each letter but in what can only be a word.
fn spoken(code: &str) -> String {
    let groups = code.split('-').map(|group| {
        let mut said = Vec::new();
        let mut rest = group;
        while let Some(first) = rest.chars().next() {
            let digit = first.is_ascii_digit();
            let end = rest
                .find(|c: char| c.is_ascii_digit() != digit)
                .unwrap_or(rest.len());
            let (run, after) = rest.split_at(end);
            said.push(if digit {
                number::each(run)
            } else {
                acronym::letters(run)
            });
            rest = after;
        }
        said.join(" ")
    });
    groups.collect::<Vec<_>>().join(", ")
}
