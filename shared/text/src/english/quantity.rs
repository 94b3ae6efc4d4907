//! Bare numbers: ratios, ordinals, decades, and all that is left.

use super::{ends, measure, model, number};
use crate::reading::{Place, Reading, patterns};

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
    RANGE_BEHIND = r"\x20?[-–]\x20?[0-9][0-9,.]*\x20?([a-zA-Z]{1,4})\b";
    NUMBER = r"([0-9]{1,3}(?:,[0-9]{3})+\b(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?|\.[0-9]+)";
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

/// Any other number that no letter follows.
pub(super) fn number(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&NUMBER)?;
    let written = &found[1];
    let whole = ends(place.after(written.len())) || written.contains('.');
    let dots = written.starts_with('.') && place.previous() == Some('.');
    if !whole || dots || super::joined(place) {
        return None;
    }
    let previous = place.previous_word().to_lowercase();
    let called = previous == "call" || previous == "called" || previous == "dial";
    let spoken = match written.parse::<u128>() {
        Ok(911 | 411 | 112) if called || written == "911" && previous != "porsche" => {
            number::each(written)
        }
        Ok(101) if place.previous_word().starts_with(char::is_uppercase) => number::in_pairs(101),
        Ok(number @ 1000..10_000) if matches!(place.previous(), Some('x' | '×')) => {
            number::in_pairs(number)
        }
        Ok(11_000_000_000..) if !written.ends_with("000") => number::each(written),
        number => match model::by_name(place, number.unwrap_or_default()) {
            Some(name) => name,
            None if is_measured(place, written) => number::amount(written),
            None if is_year(place, written) => number::year(written),
            None => number::compact(written),
        },
    };
    Some(Reading::new(written.len(), spoken))
}

/// `1234-1400kg`: what ends with a unit begins with an amount.
fn is_measured(place: &Place<'_>, written: &str) -> bool {
    let after = place.after(written.len());
    let Some(found) = RANGE_BEHIND.captures(after) else {
        return false;
    };
    measure::is_unit(&found[1])
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
