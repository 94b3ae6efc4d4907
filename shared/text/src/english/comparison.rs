//! Signs of comparison, and arrows.

use crate::reading::{Place, Reading, patterns};

/// How certain a sign is on its own.
#[derive(Clone, Copy, PartialEq)]
enum Needs {
    /// Something that it compares with.
    Operand,
    /// Something on both sides, as far from it.
    Sides,
}
use Needs::{Operand, Sides};

/// The longest first.
const SIGNS: &[(&str, &str, Needs)] = &[
    ("!==", "does not equal", Sides),
    ("===", "equals", Sides),
    ("-->", "to", Sides),
    ("==>", "to", Sides),
    ("<->", "to and from", Sides),
    ("<--", "left arrow", Sides),
    ("+/-", "plus or minus", Operand),
    (">=", "greater than or equal to", Operand),
    ("<=", "less than or equal to", Operand),
    ("!=", "does not equal", Operand),
    ("~=", "approximately", Operand),
    ("==", "equals", Sides),
    ("=<", "less than or equal to", Sides),
    ("<>", "does not equal", Sides),
    ("->", "to", Sides),
    ("=>", "to", Sides),
    ("<-", "left arrow", Sides),
    ("→", "to", Sides),
    ("⇒", "implies", Sides),
    ("←", "left arrow", Sides),
];

patterns! {
    NUMBER = r"\x20?[-+~]?[$£€¥]?\.?[0-9]";
    TAG = r".*(?:^|[^\p{L}\p{N}])</?[a-zA-Z][^<>]*$";
}

/// `x >= 3`, `a != b`, `A -> B`, `>90%`, `p < q`.
pub(super) fn sign(place: &Place<'_>) -> Option<Reading> {
    let next = place.next()?;
    if !"!=-<>~+→⇒←".contains(next) || place.previous().is_some_and(is_sign) {
        return None;
    }
    let known = SIGNS
        .iter()
        .find(|(sign, ..)| place.rest().starts_with(sign));
    if let Some(&(sign, spoken, needs)) = known
        && let after = place.after(sign.len())
        && !(sign == "<-" && after.starts_with(|c: char| c.is_ascii_digit()))
    {
        let fits = match needs {
            Operand => opens_operand(after) && (is_even(place, after) || NUMBER.is_match(after)),
            // `name=<value>` is a form to be filled in.
            Sides if sign == "=<" => NUMBER.is_match(after),
            Sides => opens_operand(after) && behind_operand(place) && is_even(place, after),
        };
        if fits && !after.starts_with(is_sign) {
            return Some(Reading::new(sign.len(), spoken));
        }
        // Lines and other marks made of this sign, or an arrow at the head of a line.
        let run = place.rest().len() - place.rest().trim_start_matches(['=', '>']).len();
        return (run > 1).then(|| Reading::new(run, ""));
    }
    let spoken = match next {
        '<' => "less than",
        '>' => "greater than",
        _ => return None,
    };
    let after = place.after(1);
    let said = if NUMBER.is_match(after) {
        next == '<' || !TAG.is_match(place.before())
    } else if after.starts_with(' ') {
        is_even(place, after) && compares(place, after, next)
    } else {
        is_operand(word_before(place.before()))
            && is_operand(word_at(after))
            && !after.get(1..)?.starts_with('>')
            && !place
                .before()
                .trim_end_matches(char::is_alphanumeric)
                .ends_with(['<', '/'])
    };
    said.then(|| Reading::new(1, spoken))
}

fn is_sign(c: char) -> bool {
    "!=<>".contains(c)
}

/// A space on both sides or on neither.
fn is_even(place: &Place<'_>, after: &str) -> bool {
    (place.previous() == Some(' ')) == after.starts_with(' ')
}

fn opens_operand(after: &str) -> bool {
    let next = after.trim_start().chars().next();
    next.is_some_and(|c| c.is_alphanumeric() || "([{'\"$£€¥-+.√".contains(c))
}

fn behind_operand(place: &Place<'_>) -> bool {
    let last = place.before().trim_end().chars().next_back();
    last.is_some_and(|c| c.is_alphanumeric() || ")]}'\"%°²³.".contains(c))
}

/// `File > Save` is a way through menus; `n > m` and `costs > revenue` compare.
fn compares(place: &Place<'_>, after: &str, sign: char) -> bool {
    let (first, second) = (
        word_before(place.before().trim_end()),
        word_at(after.trim_start()),
    );
    if first.is_empty() || second.is_empty() {
        return false;
    }
    let opens = place.before().trim().len() == first.len();
    let small = |word: &str| !word.starts_with(char::is_uppercase);
    let way = place.sentence().matches('>').count() > 1;
    sign == '<'
        || is_letter(first) && is_letter(second)
        || !way && small(second) && (small(first) || opens)
}

fn word_before(text: &str) -> &str {
    let head = text.trim_end_matches(char::is_alphanumeric);
    text.get(head.len()..).unwrap_or_default()
}

fn word_at(text: &str) -> &str {
    let rest = text.trim_start_matches(char::is_alphanumeric);
    text.get(..text.len() - rest.len()).unwrap_or_default()
}

/// A letter or a number.
fn is_operand(word: &str) -> bool {
    is_letter(word) || !word.is_empty() && word.bytes().all(|c| c.is_ascii_digit())
}

fn is_letter(word: &str) -> bool {
    word.chars().count() == 1
}
