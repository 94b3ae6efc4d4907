//! Marks that point to a source or a note: `[12]`, `[3-5]`, `[citation needed]`.

/// Words behind which a mark is part of the sentence: `as in [12]`.
const BEFORE_SPOKEN: &str = " a above al and as at below by com como conforme consulte de e em from in item line linha no nos of on or \
    ou page página para por ref reference referência refs section see segundo seção step than the to to veja ver via vide with ";
/// The longest mark.
const MOST_BYTES: usize = 32;
/// Notes of editors.
const NOTES: [&str; 8] = [
    "citation needed",
    "carece de fontes",
    "carece de fontes?",
    "edit",
    "editar",
    "clarification needed",
    "who?",
    "quem?",
];

/// What stands in a bracket is a mark, by itself and what is around it.
pub(super) fn is_mark(inside: &str, before: &str, after: &str) -> bool {
    if inside.len() > MOST_BYTES {
        return false;
    }
    let lower = inside.trim().to_lowercase();
    if NOTES.contains(&lower.as_str()) {
        return true;
    }
    let is_numbered = is_number_mark(inside) || is_note(&lower);
    is_numbered && !is_code(before, after) && !is_spoken(before)
}

/// `12`, `1, 2`, `3–5`: numbers of up to three figures, none of them 0.
pub(super) fn is_number_mark(inside: &str) -> bool {
    let mut parts = inside.split([',', ';', '-', '–']).map(str::trim).peekable();
    inside.len() <= MOST_BYTES
        && parts.peek().is_some()
        && parts.all(|part| {
            (1..=3).contains(&part.len())
                && part.bytes().all(|b| b.is_ascii_digit())
                && !part.starts_with('0')
        })
}

/// `a`, `note 3`, `nota 3`.
fn is_note(inside: &str) -> bool {
    if let Some((word, number)) = inside.split_once(' ') {
        return matches!(word, "note" | "nota" | "n" | "nb" | "ref" | "fn")
            && is_number_mark(number);
    }
    false
}

/// An index into something: `items[2] = 5`, `a[1]`.
fn is_code(before: &str, after: &str) -> bool {
    let word = before.len()
        - before
            .trim_end_matches(|c: char| c.is_alphanumeric() || c == '_')
            .len();
    let name = before.get(before.len() - word..).unwrap_or_default();
    let is_name = name.chars().count() == 1 || name.contains('_');
    let next = after.trim_start();
    let is_used = next.starts_with('=')
        || next.starts_with("+=")
        || next.starts_with("-=")
        || after.starts_with('(');
    let is_member = after.starts_with('.')
        && after
            .get(1..)
            .is_some_and(|rest| rest.starts_with(char::is_alphabetic));
    is_name || is_used || is_member
}

/// The sentence needs it: nothing stands before it, or a word that leads to it.
fn is_spoken(before: &str) -> bool {
    let words = before.trim_end_matches(|c: char| c.is_whitespace());
    if words.len() == before.len() {
        return before.is_empty() || before.ends_with(['\n', '(', '"', '=', ':']);
    }
    let last = words
        .rsplit(|c: char| !c.is_alphabetic())
        .next()
        .unwrap_or_default();
    last.is_empty()
        && !words.ends_with(['.', '!', '?', '"', '”', ')', ']', '%'])
        && !words.ends_with(|c: char| c.is_ascii_digit())
        || BEFORE_SPOKEN
            .split(' ')
            .any(|word| !word.is_empty() && word == last.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_known_by_what_is_around_them() {
        for (before, inside, after) in [
            ("The sky is blue", "1", "."),
            ("The sky is blue.", "12", " Next"),
            ("blue ", "3", "."),
            ("It grew", "3-5", " and"),
            ("It grew", "1, 2", ""),
            ("It grew", "citation needed", "."),
            ("Cresceu", "nota 2", "."),
            ("He said so ", "4", ", and"),
        ] {
            assert!(is_mark(inside, before, after), "{before}[{inside}]{after}");
        }
        for (before, inside, after) in [
            ("as shown in ", "12", ", it"),
            ("Veja ", "3", "."),
            ("", "1", " First"),
            ("a", "0", " = 5"),
            ("x", "1", " is"),
            ("items", "2", " = 5"),
            ("the years ", "1990", " and"),
            ("the ", "sic", " word"),
            ("list", "0", "."),
        ] {
            assert!(!is_mark(inside, before, after), "{before}[{inside}]{after}");
        }
    }
}
