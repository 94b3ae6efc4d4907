//! Bare numbers: ratios, ordinals, decades, and all that is left.

use super::{ends, number};
use crate::reading::{Place, Reading, patterns};

/// Words before a number that is said in pairs, as a name is.
const NAMED_BY_NUMBER: &[&str] = &[
    "boeing",
    "airbus",
    "flight",
    "room",
    "route",
    "highway",
    "interstate",
    "bus",
    "suite",
    "rtx",
    "gtx",
    "apartment",
    "us",
];

/// Books whose chapters and verses are parted by a colon.
const SCRIPTURES: &[&str] = &[
    "Genesis",
    "Exodus",
    "Leviticus",
    "Numbers",
    "Deuteronomy",
    "Joshua",
    "Judges",
    "Ruth",
    "Samuel",
    "Kings",
    "Chronicles",
    "Job",
    "Psalm",
    "Psalms",
    "Proverbs",
    "Ecclesiastes",
    "Isaiah",
    "Jeremiah",
    "Ezekiel",
    "Daniel",
    "Hosea",
    "Joel",
    "Amos",
    "Micah",
    "Matthew",
    "Mark",
    "Luke",
    "John",
    "Acts",
    "Romans",
    "Corinthians",
    "Galatians",
    "Ephesians",
    "Philippians",
    "Colossians",
    "Thessalonians",
    "Timothy",
    "Titus",
    "Hebrews",
    "James",
    "Peter",
    "Jude",
    "Revelation",
];

patterns! {
    RATIO = r"([0-9]{1,4}):([0-9]{1,4})";
    ORDINAL = r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:st|nd|rd|th|ST|ND|RD|TH)\b";
    DECADE = r"('?)([0-9]0|[12][0-9]{2}0)'?s\b";
    SHORT_YEAR = r"'([0-9]{2})\b";
    SCALED = r"([0-9]+(?:\.[0-9]+)?)(k|K|M|B|bn)\b";
    COUNTED = r"[0-9.]+(?:k|K|M|B|bn)\x20(?:people|[a-z]+[a-rt-z]s)\b";
    NUMBER = r"([0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?|\.[0-9]+)";
}

/// `16:9`, which is no time.
pub(super) fn ratio(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&RATIO)?;
    let after = place.after(found[0].len());
    let verse = SCRIPTURES.contains(&place.previous_word());
    let to = if verse { "" } else { "to" };
    let (first, second) = (number::cardinal(&found[1]), number::cardinal(&found[2]));
    let spoken = format!("{first} {to} {second}");
    (ends(after) && !after.starts_with(':')).then(|| Reading::new(found[0].len(), spoken))
}

/// `22nd`.
pub(super) fn ordinal(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&ORDINAL)?;
    Some(Reading::new(found[0].len(), number::ordinal(&found[1])))
}

/// `the 1990s`, `'90s`, `the 1800s`, `80s`, `class of '99`.
pub(super) fn decade(place: &Place<'_>) -> Option<Reading> {
    if let Some(found) = place.captures(&DECADE) {
        if !found[0].contains('\'') && found[2].len() == 2 && !is_span_of_years(place) {
            return None;
        }
        let spoken = number::year(&found[2]);
        return Some(Reading::new(found[0].len(), last_plural(&spoken)));
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

/// `in the 80s`, `in her 30s`; `30s` alone are seconds.
fn is_span_of_years(place: &Place<'_>) -> bool {
    const BEFORE: &[&str] = &[
        "the", "early", "mid", "late", "my", "your", "his", "her", "our", "their",
    ];
    BEFORE.contains(&place.previous_word().to_lowercase().as_str())
        || place.before().ends_with("mid-")
}

fn last_plural(spoken: &str) -> String {
    match spoken.rsplit_once(' ') {
        Some((head, last)) => format!("{head} {}", number::plural(last)),
        None => number::plural(spoken),
    }
}

/// Any other number that no letter follows.
pub(super) fn number(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&NUMBER)?;
    let written = &found[1];
    let whole = ends(place.after(written.len())) || written.contains('.');
    if !whole || super::joined(place) {
        return None;
    }
    let previous = place.previous_word().to_lowercase();
    let called = previous == "call" || previous == "called" || previous == "dial";
    let spoken = match written.parse::<u128>() {
        Ok(911 | 411 | 112) if called || written == "911" && previous != "porsche" => {
            number::each(written)
        }
        Ok(number @ 100..10_000) if NAMED_BY_NUMBER.contains(&previous.as_str()) => {
            number::in_pairs(number)
        }
        Ok(101) if place.previous_word().starts_with(char::is_uppercase) => number::in_pairs(101),
        Ok(number @ 100..10_000) if is_model(place) => number::in_pairs(number),
        Ok(number @ 1000..10_000) if matches!(place.previous(), Some('x' | '×')) => {
            number::in_pairs(number)
        }
        _ if is_year(place, written) => number::year(written),
        _ => number::compact(written),
    };
    Some(Reading::new(written.len(), spoken))
}

/// `F-150`: one capital letter and a hyphen stand before.
fn is_model(place: &Place<'_>) -> bool {
    let mut before = place
        .before()
        .strip_suffix('-')
        .unwrap_or_default()
        .chars()
        .rev();
    before.next().is_some_and(|c| c.is_ascii_uppercase()) && before.next().is_none_or(|c| c == ' ')
}

/// `1.5B`, and `100k people`: a count of many, where `10K run` is a name.
pub(super) fn scaled(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&SCALED)?;
    let counted = place.captures(&COUNTED).is_some() || found[1].contains('.');
    let scale = match &found[2] {
        "k" | "K" => "thousand",
        "M" => "million",
        _ => "billion",
    };
    let spoken = || format!("{} {scale}", number::amount(&found[1]));
    (counted && !super::joined(place)).then(|| Reading::new(found[0].len(), spoken()))
}

/// Years outside the usual ones are known by their era or by the word before.
fn is_year(place: &Place<'_>, written: &str) -> bool {
    const BEFORE_YEARS: &[&str] = &["in", "since", "until", "year"];
    let dated = BEFORE_YEARS.contains(&place.previous_word().to_lowercase().as_str());
    if dated && written.starts_with("10") && written.len() == 4 {
        return true;
    }
    let after = place.after(written.len()).trim_start();
    ["BC", "AD", "CE", "B.C.", "A.D."]
        .iter()
        .any(|era| after.starts_with(era))
        || place.previous_word() == "AD"
}
