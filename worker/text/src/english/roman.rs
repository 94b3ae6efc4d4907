//! Roman numerals, where what stands before makes them certain.

use super::{ends, number};
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

/// A heading's one letter is a number before these, and elsewhere the initial of a name: `I. Newton`.
const HEADINGS: &[&str] = &[
    "introduction",
    "background",
    "overview",
    "summary",
    "abstract",
    "preface",
    "prologue",
    "purpose",
    "objective",
    "objectives",
    "motivation",
    "scope",
    "definitions",
    "conclusion",
    "conclusions",
    "discussion",
    "results",
    "method",
    "methods",
    "methodology",
    "materials",
    "references",
    "appendix",
    "acknowledgments",
    "acknowledgements",
    "analysis",
    "evaluation",
    "related",
    "future",
    "general",
    "preliminary",
    "preliminaries",
    "executive",
    "literature",
    "theory",
    "theoretical",
    "experiments",
    "experimental",
    "problem",
    "the",
    "a",
    "an",
    "in",
    "on",
    "of",
    "what",
    "how",
    "why",
    "our",
    "data",
    "findings",
    "limitations",
    "recommendations",
    "history",
    "context",
    "basic",
    "getting",
    "setup",
    "installation",
    "terms",
    "requirements",
    "design",
    "implementation",
    "testing",
    "first",
    "allegro",
    "andante",
    "adagio",
    "facts",
    "arguments",
    "argument",
    "legal",
    "procedural",
    "parties",
    "jurisdiction",
    "statement",
    "opening",
    "budget",
    "timeline",
    "schedule",
    "costs",
    "risks",
    "team",
    "training",
    "evidence",
    "claims",
    "remedies",
    "goals",
    "plan",
    "status",
    "next",
    "key",
    "main",
    "core",
    "proposed",
    "current",
    "project",
    "system",
    "model",
    "models",
    "case",
    "notes",
    "questions",
    "answers",
    "examples",
    "applications",
    "sources",
    "bibliography",
    "index",
    "glossary",
    "closing",
    "final",
    "personnel",
    "facilities",
    "equipment",
    "procedures",
    "policy",
    "policies",
    "safety",
    "security",
    "privacy",
    "duties",
    "rights",
    "obligations",
    "payment",
    "termination",
    "warranties",
    "liability",
    "eligibility",
    "membership",
    "officers",
    "meetings",
    "finances",
    "amendments",
    "program",
    "services",
    "education",
    "experience",
    "skills",
    "work",
    "call",
    "roll",
    "approval",
    "reports",
    "old",
    "new",
    "adjournment",
    "allegations",
    "fundamentals",
    "basics",
];

patterns! {
    NUMERAL = r"([IVXLCDM]+)('s)?";
    HEADING = r"(?:([IVX]+)([.):]|\x20[-–—])|\(([IVX]+)\)|([ivx]+)\)|\(([ivx]+)\)|([ivx]{2,})\.)\x20\W*(\w+)";
    LISTED = r"(.*?)(?:[IVX]+|[ivx]+)(?:,?\x20(?:and|or|to|through|&)\x20|,\x20|\x20?[-–]\x20?)$";
    CENTURY = r"\x20(?:century|centuries)\b";
}

/// `II. Methods`, `IV) Results`, `(iii) the rest`: the number of a heading or of a point in a list.
pub(super) fn heading(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&HEADING)?;
    let opens = !place.before().contains(char::is_alphanumeric);
    let numeral = [1, 3, 4, 5, 6]
        .into_iter()
        .find_map(|group| found.get(group))?;
    let written = numeral.as_str().to_uppercase();
    let value = value(&written).filter(|&value| value < 40)?;
    let inside = place.next() == Some('(');
    let next = found[7].to_lowercase();
    let certain = match written.len() {
        1 if inside => {
            let sentence = place.sentence().to_lowercase();
            let neighbours = match written.as_str() {
                "I" => ["(ii)", "(ii)"],
                "V" => ["(iv)", "(vi)"],
                _ => ["(ix)", "(xi)"],
            };
            opens && written == "I" || neighbours.iter().any(|other| sentence.contains(other))
        }
        1 if found.get(2).is_some_and(|mark| mark.as_str() == ".") => {
            HEADINGS.contains(&next.as_str())
        }
        1 => {
            found
                .get(2)
                .is_some_and(|mark| mark.as_str() == ")" || mark.as_str() == ":" && written != "I")
                || found.get(4).is_some()
        }
        _ => true,
    };
    let length =
        numeral.end() + usize::from(inside || found.get(4).is_some() || found.get(6).is_some());
    (certain && (opens || inside)).then(|| Reading::new(length, format!("{},", number::of(value))))
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
    while let Some(found) = LISTED.captures(before) {
        before = found.get(1).map_or("", |head| head.as_str());
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
