//! Single words: folded to the letters a to z, taken apart where several are joined.

use super::{acronym, number};
use crate::{
    pieces::pieces,
    reading::{Place, Reading},
};

/// Words whose capitals follow no rule.
const MIXED: &[(&str, &str)] = &[
    ("PhD", "P H D"),
    ("PhDs", "P H D's"),
    ("iOS", "I O S"),
    ("macOS", "mac O S"),
    ("pH", "P H"),
    ("GmbH", "G M B H"),
    ("WiFi", "wi fi"),
    ("LaTeX", "latex"),
    ("NaN", "not a number"),
    ("OpenAI", "open A I"),
    ("VoIP", "voip"),
    ("DevOps", "dev ops"),
    ("YouTube", "youtube"),
    ("nth", "enth"),
    ("pls", "please"),
    ("tv", "T V"),
    ("ok", "okay"),
    ("Ok", "okay"),
    ("OK", "okay"),
    ("Ctrl", "control"),
    ("YoY", "year over year"),
    ("WWI", "world war one"),
    ("WWII", "world war two"),
    ("thx", "thanks"),
    ("km", "kilometers"),
    ("kg", "kilograms"),
    ("cm", "centimeters"),
    ("mph", "miles per hour"),
    ("tbsp", "tablespoon"),
    ("tsp", "teaspoon"),
];
/// Words without a vowel that are not spelled.
const VOWELLESS: &[&str] = &[
    "hmm", "hm", "shh", "sh", "pfft", "psst", "pst", "brr", "grr", "zzz", "tsk", "mmm", "mm",
    "cwm", "hmmm", "shhh", "mr", "ms", "mrs", "dr", "ll", "th",
];
/// Shortened at the front; elsewhere a quote before a word is a quote.
const CLIPPED: &[&str] = &["tis", "twas", "em", "cause", "til", "bout", "round"];
/// Letters that stand alone in formulas.
const GREEK: &[(char, &str)] = &[
    ('α', "alpha"),
    ('β', "beta"),
    ('γ', "gamma"),
    ('δ', "delta"),
    ('Δ', "delta"),
    ('ε', "epsilon"),
    ('η', "eta"),
    ('θ', "theta"),
    ('λ', "lambda"),
    ('μ', "mu"),
    ('π', "pi"),
    ('ρ', "rho"),
    ('σ', "sigma"),
    ('Σ', "sigma"),
    ('τ', "tau"),
    ('φ', "phi"),
    ('χ', "chi"),
    ('ψ', "psi"),
    ('ω', "omega"),
    ('Ω', "omega"),
];
/// A letter follows these where otherwise an article would stand.
const BEFORE_LETTERS: &[&str] = &[
    "plan",
    "vitamin",
    "type",
    "class",
    "grade",
    "group",
    "hepatitis",
    "exhibit",
    "option",
    "section",
    "part",
    "appendix",
    "team",
    "point",
    "series",
    "letter",
    "an",
    "side",
    "level",
];

/// A run of letters and figures with its apostrophes.
pub(super) fn word(place: &Place<'_>) -> Option<Reading> {
    if place.next() == Some('\'') {
        return clipped(place);
    }
    let rest = place.rest();
    let end = rest
        .find(|c: char| !(c.is_alphabetic() || c.is_ascii_digit() || c == '\''))
        .unwrap_or(rest.len());
    let run = rest.get(..end)?.trim_end_matches('\'');
    if run.is_empty() {
        return None;
    }
    if let Some(letter) = only_letter(run) {
        return Some(Reading::new(run.len(), single(place, letter)));
    }
    if place.after(run.len()).starts_with('&') && run.chars().all(|c| c.is_ascii_uppercase()) {
        return Some(Reading::new(run.len(), acronym::letters(run)));
    }
    let spoken = if is_shouted(place.sentence()) {
        shouted(run)
    } else {
        in_pieces(run, false)
    };
    Some(Reading::new(run.len(), spoken))
}

/// `'em`, `'tis`, and the n of `rock 'n' roll`.
fn clipped(place: &Place<'_>) -> Option<Reading> {
    let rest = place.after(1);
    if let Some(length) = ["'n'", "'N'", "'n"]
        .iter()
        .find(|n| place.rest().starts_with(**n))
        .map(|n| n.len())
        && !place.after(length).starts_with(char::is_alphanumeric)
    {
        return Some(Reading::new(length, "and"));
    }
    let end = rest
        .find(|c: char| !c.is_alphabetic())
        .unwrap_or(rest.len());
    let word = rest.get(..end)?.to_lowercase();
    let closes = rest.get(end..)?.starts_with('\'');
    (CLIPPED.contains(&word.as_str()) && !closes).then(|| Reading::new(1 + end, format!("'{word}")))
}

fn only_letter(run: &str) -> Option<char> {
    let mut chars = run.chars();
    let first = chars.next().filter(|c| c.is_alphabetic())?;
    chars.next().is_none().then_some(first)
}

/// A letter on its own: an article, the pronoun, or the letter itself.
fn single(place: &Place<'_>, letter: char) -> String {
    let previous = place.previous_word().to_lowercase();
    let after = place.after(letter.len_utf8());
    let is_word = match letter {
        'a' => !after.starts_with(['.', ')']) || previous.is_empty() || after.starts_with("..."),
        'A' => {
            after.starts_with(' ')
                && !BEFORE_LETTERS.contains(&previous.as_str())
                && after.trim_start().starts_with(opens_noun)
        }
        'I' | 'i' => true,
        _ => false,
    };
    if let Some((_, name)) = GREEK.iter().find(|(greek, _)| *greek == letter) {
        return (*name).to_owned();
    }
    let folded = fold(&letter.to_string());
    if is_word {
        folded
    } else {
        folded.to_uppercase()
    }
}

fn opens_noun(c: char) -> bool {
    c.is_alphanumeric() || "$£€¥\"'(#".contains(c)
}

/// Two words or more without a single small letter.
fn is_shouted(sentence: &str) -> bool {
    let words = sentence
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| word.len() > 1)
        .count();
    words > 2 && !sentence.contains(char::is_lowercase)
}

fn shouted(run: &str) -> String {
    if run.chars().all(char::is_alphabetic) && run.is_ascii() {
        acronym::spoken(run, true)
    } else if run.chars().all(|c| c.is_alphabetic() || c == '\'') {
        fold(run)
    } else {
        in_pieces(run, false)
    }
}

/// Words, acronyms and figures that are written as one: `iPhone15`, `MP3`, `CEOs`, `café`.
pub(super) fn in_pieces(run: &str, in_address: bool) -> String {
    if let Some((_, spoken)) = MIXED.iter().find(|(written, _)| *written == run) {
        return (*spoken).to_owned();
    }
    let (base, suffix) = own_suffix(run);
    let pieces = pieces(base);
    let mixed = pieces.len() > 1;
    let mut spoken: Vec<String> = pieces
        .iter()
        .map(|piece| said(piece, mixed, in_address))
        .collect();
    spoken.retain(|words| !words.is_empty());
    spoken.join(" ") + suffix
}

/// Takes off the `s` of `CEOs`, `1080s` and `FBI's`.
fn own_suffix(run: &str) -> (&str, &'static str) {
    for (suffix, spoken) in [("'s", "'s"), ("s", "'s")] {
        let Some(base) = run.strip_suffix(suffix) else {
            continue;
        };
        let capitals = base.chars().filter(char::is_ascii_uppercase).count();
        let shaped = base
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        if shaped && capitals > 1 || shaped && capitals == 1 && suffix == "'s" && base.len() == 1 {
            let is_word = capitals == base.len() && !acronym::spoken(base, false).contains(' ');
            return (
                base,
                if is_word && suffix == "s" {
                    "s"
                } else {
                    spoken
                },
            );
        }
    }
    (run, "")
}

fn said(piece: &str, mixed: bool, in_address: bool) -> String {
    let chars = piece.chars().count();
    if piece.starts_with(|c: char| c.is_ascii_digit()) {
        return figures(piece);
    }
    if chars == 1 && (mixed || piece.is_ascii()) {
        return fold(piece).to_uppercase();
    }
    if piece.is_ascii() && piece.chars().all(|c| c.is_ascii_uppercase()) {
        return acronym::spoken(piece, false);
    }
    let spelled = piece
        .chars()
        .all(|c| c.is_ascii_alphabetic() && !"aeiouyAEIOUY".contains(c));
    if spelled && chars < 6 && !in_address && !VOWELLESS.contains(&piece.to_lowercase().as_str()) {
        return acronym::letters(piece);
    }
    fold(piece)
}

/// Figures beside letters are said as in names: `1080p`, `A320`.
fn figures(digits: &str) -> String {
    match digits.parse() {
        Ok(number) if digits.len() < 5 && !digits.starts_with('0') => number::in_pairs(number),
        _ => number::each(digits),
    }
}

/// The nearest word in the letters a to z; several words for scripts written by syllables.
pub(super) fn fold(word: &str) -> String {
    let mut folded = String::new();
    for c in word.chars() {
        match c {
            '\'' => folded.push(c),
            c if c.is_ascii() => folded.push(c.to_ascii_lowercase()),
            c => folded.push_str(
                &deunicode::deunicode_char(c)
                    .unwrap_or_default()
                    .to_ascii_lowercase(),
            ),
        }
    }
    folded.retain(|c| c.is_ascii_lowercase() || c == '\'' || c == ' ');
    folded
}
