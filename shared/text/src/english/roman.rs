//! Roman numerals, where what stands before makes them certain.

use super::{
    ends,
    listing::{LONGEST, before_joiner},
    number,
};
use crate::{
    reading::{Place, Reading, patterns},
    roman::value,
};

/// A numeral after these is a count: `Chapter IV` is `chapter four`.
const COUNTED: &[&str] = &[
    "chapter",
    "part",
    "war",
    "volume",
    "vol",
    "book",
    "act",
    "scene",
    "section",
    "article",
    "type",
    "phase",
    "level",
    "appendix",
    "title",
    "figure",
    "table",
    "grade",
    "class",
    "stage",
    "mark",
    "bowl",
    "episode",
    "season",
    "unit",
    "module",
    "step",
    "group",
    "factor",
    "division",
    "tier",
    "category",
    "round",
    "apollo",
    "rocky",
    "fantasy",
    "amendment",
    "schedule",
    "annex",
    "canto",
    "verse",
    "ch",
    "sec",
    "art",
    "bk",
    "fig",
    "pt",
    "no",
    "exhibit",
    "theorem",
    "lesson",
    "paragraph",
    "clause",
    "rule",
    "cohort",
    "sonata",
    "symphony",
];
/// A numeral after these is a rank: `Henry VIII` is `henry the eighth`.
const RULERS: &[&str] = &[
    "henry",
    "louis",
    "elizabeth",
    "charles",
    "george",
    "james",
    "william",
    "edward",
    "richard",
    "john",
    "paul",
    "pius",
    "benedict",
    "leo",
    "gregory",
    "alexander",
    "napoleon",
    "nicholas",
    "catherine",
    "peter",
    "philip",
    "ferdinand",
    "francis",
    "frederick",
    "otto",
    "innocent",
    "clement",
    "ramses",
    "ramesses",
    "xerxes",
    "darius",
    "ptolemy",
    "ivan",
    "haakon",
    "olaf",
    "christian",
    "gustav",
    "carl",
    "wilhelm",
    "mary",
    "victor",
    "pedro",
    "alfonso",
    "felipe",
    "margrethe",
    "urban",
    "boniface",
    "julius",
    "sixtus",
    "emmanuel",
    "harald",
    "robert",
    "david",
    "baldwin",
    "king",
    "queen",
    "pope",
    "thutmose",
    "amenhotep",
    "cleopatra",
    "franz",
    "umberto",
    "juan",
    "carlos",
    "albert",
    "leopold",
    "manuel",
    "henri",
    "sam",
    "thomas",
    "michael",
    "joseph",
    "edgar",
    "walter",
    "arthur",
    "harry",
    "andrew",
    "anne",
    "isabella",
    "matilda",
    "eric",
    "magnus",
    "constantine",
    "theodore",
    "rudolf",
    "ludwig",
    "maximilian",
    "sigismund",
    "afonso",
    "rama",
    "abdullah",
    "hassan",
    "mohammed",
    "norodom",
    "suleiman",
    "murad",
    "mehmed",
    "selim",
];
const TITLES: &[&str] = &[
    "King", "Queen", "Pope", "Emperor", "Empress", "Tsar", "Kaiser", "Prince", "Saint",
];
/// Numerals that are words, abbreviations or sizes at least as often.
const DOUBTFUL: &[&str] = &[
    "CV", "DI", "MI", "XL", "MD", "CD", "DC", "MC", "CC", "DM", "MIX", "DIM", "MM", "CM", "LL",
    "CI", "LI", "XXL", "XXX", "IV", "C", "D", "M", "L",
];

patterns! {
    NUMERAL = r"([IVXLCDM]+)('s)?";
    CENTURY = r"\x20(?:century|centuries)\b";
}

pub(super) fn numeral(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&NUMERAL)?;
    let after = place.after(found[0].len());
    let clear_before = place.before().ends_with([' ', '-', '–']);
    if !clear_before || !ends(after) || after.starts_with('\'') {
        return None;
    }
    let value = value(&found[1])?;
    if CENTURY.is_match(after) && value < 40 {
        return Some(Reading::new(
            found[0].len(),
            number::ordinal(&value.to_string()),
        ));
    }
    let word = counted_word(place);
    let (previous, capital) = (word.to_lowercase(), word.starts_with(char::is_uppercase));
    let own = if found.get(2).is_some() { "'s" } else { "" };
    let single = previous.strip_suffix('s').unwrap_or(&previous);
    let known = |list: &[&str]| list.contains(&previous.as_str());
    let counted = known(COUNTED) || COUNTED.contains(&single);
    let titled = place
        .before()
        .trim_end()
        .rsplit(' ')
        .nth(1)
        .is_some_and(|title| TITLES.contains(&title));
    if known(RULERS) && capital && value < 40 && (titled || !is_pronoun(&found[1], after)) {
        return Some(Reading::new(
            found[0].len(),
            format!("the {}{own}", number::ordinal(&value.to_string())),
        ));
    }
    let sure = found[1].len() > 1 && value < 40 && capital && !DOUBTFUL.contains(&&found[1]);
    if counted && !is_pronoun(&found[1], after) || sure {
        return Some(Reading::new(found[0].len(), number::of(value) + own));
    }
    None
}

/// The word before a numeral, or before a list of numerals: `Parts I, II and III`.
fn counted_word<'a>(place: &Place<'a>) -> &'a str {
    let mut before = place.before();
    for _ in 0..LONGEST {
        let listed = before_joiner(before).and_then(|head| {
            let rest = head.trim_end_matches(['I', 'V', 'X']);
            (rest.len() < head.len() && rest.ends_with([' ', '-', '–'])).then_some(rest)
        });
        match listed {
            Some(rest) => before = rest,
            None => break,
        }
    }
    let before = before.trim_end_matches([' ', '.']);
    let start = before
        .trim_end_matches(|c: char| c.is_alphabetic() || c == '\'')
        .len();
    before.get(start..).unwrap_or_default()
}

/// `Part I read` has the pronoun, `Part I.` and `Part I of` the numeral.
fn is_pronoun(numeral: &str, after: &str) -> bool {
    const BEHIND_NUMERALS: &[&str] = &[
        "of", "in", "is", "was", "and", "to", "began", "ended", "on", "by", "from", "at", "or",
        "ruled", "became",
    ];
    let next: String = after
        .trim_start()
        .chars()
        .take_while(|c| c.is_alphabetic())
        .collect();
    numeral == "I"
        && after.starts_with(' ')
        && next.starts_with(char::is_lowercase)
        && !BEHIND_NUMERALS.contains(&next.as_str())
}
