//! Decades and years without their century.

use super::{
    listing::{LONGEST, before_joiner},
    number,
};
use crate::reading::{Place, Reading, patterns};

/// `30s` are seconds unless one of these stands before: `in the 80s`, `in her 30s`.
const BEFORE: &[&str] = &[
    "the", "early", "mid", "late", "my", "your", "his", "her", "our", "their", "swinging",
    "roaring", "low", "lower", "high", "upper",
];
/// Or unless one of these stands behind: `80s music`.
const BEHIND: &[&str] = &[
    "music",
    "songs",
    "hits",
    "rock",
    "pop",
    "disco",
    "funk",
    "punk",
    "soul",
    "jazz",
    "fashion",
    "style",
    "styles",
    "films",
    "movies",
    "tv",
    "kid",
    "kids",
    "child",
    "era",
    "vibe",
    "vibes",
    "nostalgia",
    "cartoons",
    "sitcom",
    "sitcoms",
    "icon",
    "icons",
    "band",
    "bands",
    "classic",
    "classics",
    "retro",
    "hair",
    "culture",
    "themed",
    "inspired",
    "revival",
    "toys",
    "babies",
];

patterns! {
    DECADE = r"('?)([0-9]0|[12][0-9]{2}0)('?s|\x20s)\b";
    SHORT_YEAR = r"'([0-9]{2})\b";
    LATER = r"(?:,?\x20(?:and|or|to|&)\x20|\x20?[-–/,&]\x20?)'?([0-9]0|[12][0-9]{2}0)'?s\b";
    NAMED = r"(?i:(?:.*\b)?(?:twent|thirt|fort|fift|sixt|sevent|eight|ninet)ies(?:,|\x20and|\x20or|\x20to|-|–)\x20?)$";
    NOUN = r"[\x20-]([A-Za-z]+)\b";
}

/// `the 1990s`, `'90s`, `the 1800s`, `60s and 70s music`, `class of '99`.
pub(super) fn decade(place: &Place<'_>) -> Option<Reading> {
    if let Some(found) = place.captures(&DECADE) {
        let (years, end) = (&found[2], &found[3]);
        let after = place.after(found[0].len());
        let known = found[0].contains('\'')
            || years.len() == 4
            || is_announced(place.before())
            || is_described(after);
        let joined = place.previous().is_some_and(char::is_alphanumeric);
        let parted = end.starts_with(' ') && (years.len() < 4 || after.starts_with('\''));
        if !known || joined || parted {
            return None;
        }
        let spoken = match years {
            "00" => "two thousands".to_owned(),
            years => last_plural(&number::year(years)),
        };
        return Some(Reading::new(found[0].len(), spoken));
    }
    let found = place.captures(&SHORT_YEAR)?;
    let year = &found[1];
    let spoken = match year.strip_prefix('0') {
        Some(ones) => format!("oh {}", number::cardinal(ones)),
        None => number::cardinal(year),
    };
    let opens = place.previous().is_none_or(|c| c == ' ' || c == '(');
    (opens && !place.after(found[0].len()).starts_with('\''))
        .then(|| Reading::new(found[0].len(), spoken))
}

/// What stands before, or before the decades that this one is listed with, makes it a decade.
fn is_announced(before: &str) -> bool {
    let mut before = before;
    for _ in 0..LONGEST {
        let Some((head, decade)) = before_joiner(before).and_then(decade_at_end) else {
            break;
        };
        if decade.len() > 3 || decade.starts_with('\'') {
            return true;
        }
        before = head;
    }
    if NAMED.is_match(before) {
        return true;
    }
    let word = before.trim_end_matches([' ', '-', '\'']);
    let start = word.trim_end_matches(char::is_alphabetic).len();
    let word = word.get(start..).unwrap_or_default().to_lowercase();
    BEFORE.contains(&word.as_str()) && before.len() > start + word.len()
}

/// The `1960` or `'60` of a decade that ends a text, and what stands before it.
fn decade_at_end(text: &str) -> Option<(&str, &str)> {
    let years = text.strip_suffix('s')?;
    let years = years.strip_suffix('\'').unwrap_or(years);
    let figures = years.trim_end_matches(|c: char| c.is_ascii_digit());
    let head = figures.strip_suffix('\'').unwrap_or(figures);
    let decade = text.get(head.len()..years.len())?;
    let whole = !head.ends_with(char::is_alphanumeric);
    let digits = years.len() - figures.len();
    (whole && matches!(digits, 2 | 4) && years.ends_with('0')).then_some((head, decade))
}

/// What stands behind, or behind the decades listed next, makes it a decade.
fn is_described(after: &str) -> bool {
    let mut after = after;
    for _ in 0..LONGEST {
        let Some(found) = LATER.captures(after) else {
            break;
        };
        if found[1].len() == 4 {
            return true;
        }
        after = after.get(found[0].len()..).unwrap_or_default();
    }
    NOUN.captures(after)
        .is_some_and(|found| BEHIND.contains(&found[1].to_lowercase().as_str()))
}

fn last_plural(spoken: &str) -> String {
    match spoken.rsplit_once(' ') {
        Some((head, last)) => format!("{head} {}", number::plural(last)),
        None => number::plural(spoken),
    }
}
