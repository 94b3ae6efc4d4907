//! Roman numerals that number a heading or a point of a list.

use super::number;
use crate::{
    reading::{Place, Reading, patterns},
    roman::value,
};

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
    HEADING = r"(?:([IVX]+)([.):]|\x20[-–—])|\(([IVX]+)\)|([ivx]+)\)|\(([ivx]+)\)|([ivx]{2,})\.)\x20\W*(\w+)";
    ALONE = r"([IVX]+)\.?\x20?$";
}

/// `II. Methods`, `IV) Results`, `(iii) the rest`: the number of a heading or of a point in a list.
pub(super) fn numbered(place: &Place<'_>) -> Option<Reading> {
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

/// `VII`, the whole text: the heading of a chapter.
pub(super) fn alone(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&ALONE)?;
    let value = value(&found[1]).filter(|_| place.before().trim().is_empty())?;
    let clear =
        found[1].len() > 1 || found[1].len() < found[0].trim_end().len() && &found[1] != "I";
    (clear && !["XX", "XXX"].contains(&&found[1]))
        .then(|| Reading::new(found[1].len(), number::of(value)))
}
