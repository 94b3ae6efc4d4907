//! Single words: folded to the letters of Portuguese, taken apart where several are joined.

use super::{acronym, ends, gender::Gender::Masculine, joined, number};
use crate::{
    pieces::pieces,
    reading::{Place, Reading},
};

/// Words whose capitals follow no rule.
const MIXED: &[(&str, &str)] = &[
    ("WhatsApp", "uatzápi"),
    ("iPhone", "aifone"),
    ("iPhones", "aifones"),
    ("iPad", "aipédi"),
    ("YouTube", "iutúbi"),
    ("WiFi", "uai fai"),
    ("iOS", "I O S"),
    ("tv", "tevê"),
    ("ok", "okay"),
    ("Ok", "okay"),
];
/// Words of English with a hyphen, as they are heard in Brazil.
const HYPHENATED: &[(&str, &str)] = &[
    ("wi-fi", "uai fai"),
    ("e-mails", "iméils"),
    ("e-mail", "iméil"),
];
/// Letters that stand alone in formulas.
const GREEK: &[(char, &str)] = &[
    ('α', "alfa"),
    ('β', "beta"),
    ('γ', "gama"),
    ('δ', "delta"),
    ('Δ', "delta"),
    ('ε', "épsilon"),
    ('η', "eta"),
    ('θ', "teta"),
    ('λ', "lambda"),
    ('μ', "mi"),
    ('π', "pi"),
    ('ρ', "rô"),
    ('σ', "sigma"),
    ('Σ', "sigma"),
    ('τ', "tau"),
    ('φ', "fi"),
    ('χ', "qui"),
    ('ψ', "psi"),
    ('ω', "ômega"),
    ('Ω', "ômega"),
];
const ACCENTED: &str = "áâãàéêíóôõúüç";

/// `Wi-Fi`, `e-mail`.
pub(super) fn hyphenated(place: &Place<'_>) -> Option<Reading> {
    let (length, spoken) = HYPHENATED.iter().find_map(|(written, spoken)| {
        let here = place.rest().get(..written.len())?;
        let whole = here.eq_ignore_ascii_case(written) && ends(place.after(written.len()));
        whole.then_some((written.len(), *spoken))
    })?;
    (!joined(place)).then(|| Reading::new(length, spoken))
}

/// A run of letters and figures; an apostrophe inside it is not heard (`d'água`).
pub(super) fn word(place: &Place<'_>) -> Option<Reading> {
    let rest = place.rest();
    let end = rest
        .find(|c: char| !(c.is_alphabetic() || c.is_ascii_digit() || c == '\''))
        .unwrap_or(rest.len());
    let run = rest.get(..end)?.trim_end_matches('\'');
    if run.is_empty() || run.starts_with('\'') {
        return None;
    }
    let mut letters = run.chars();
    if let (Some(letter), None) = (letters.next(), letters.next())
        && letter.is_alphabetic()
    {
        return Some(Reading::new(run.len(), single(place, letter)));
    }
    let shouted = is_shouted(place.sentence()) && run.chars().all(char::is_alphabetic);
    let spoken = if shouted {
        acronym::spoken(run, true)
    } else {
        in_pieces(run)
    };
    Some(Reading::new(
        run.len(),
        if shouted { fold_words(&spoken) } else { spoken },
    ))
}

/// A letter on its own: an article, `e`, `é`, `à`, or the letter itself.
fn single(place: &Place<'_>, letter: char) -> String {
    if let Some((_, name)) = GREEK.iter().find(|(greek, _)| *greek == letter) {
        return (*name).to_owned();
    }
    let folded = fold(&letter.to_string());
    let after = place.after(letter.len_utf8());
    let begins = place
        .before()
        .trim_end_matches([' ', '"', '(', '-', '–', '—'])
        .is_empty()
        || place
            .before()
            .trim_end()
            .ends_with(['.', '!', '?', ':', '"', '“']);
    let is_word = match letter {
        'a' | 'e' | 'o' | 'à' | 'é' | 'ó' | 'á' => {
            !after.starts_with(['.', ')']) || place.previous().is_none()
        }
        'A' | 'E' | 'O' | 'À' | 'É' | 'Ó' => {
            begins && after.starts_with(' ') || is_shouted(place.sentence())
        }
        _ => false,
    };
    if is_word {
        folded
    } else {
        folded.to_uppercase()
    }
}

/// Two words or more without a single small letter.
fn is_shouted(sentence: &str) -> bool {
    let words = sentence
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| word.len() > 1)
        .count();
    words > 2 && !sentence.contains(char::is_lowercase)
}

/// Words, acronyms and figures that are written as one: `iPhone15`, `MP3`, `café`, `ONGs`.
pub(super) fn in_pieces(run: &str) -> String {
    if let Some((_, spoken)) = MIXED.iter().find(|(written, _)| *written == run) {
        return (*spoken).to_owned();
    }
    if let Some(base) = run
        .strip_suffix('s')
        .filter(|base| base.len() > 1 && base.chars().all(|c| c.is_ascii_uppercase()))
    {
        let spoken = acronym::spoken(base, false);
        return if spoken == acronym::letters(base) {
            acronym::plural_letters(base)
        } else {
            spoken + "s"
        };
    }
    let pieces = pieces(run);
    let mixed = pieces.len() > 1;
    let mut spoken: Vec<String> = pieces.iter().map(|piece| said(piece, mixed)).collect();
    spoken.retain(|words| !words.is_empty());
    spoken.join(" ")
}

fn said(piece: &str, mixed: bool) -> String {
    let chars = piece.chars().count();
    if piece.starts_with(|c: char| c.is_ascii_digit()) {
        return if piece.len() > 4 || piece.starts_with('0') {
            number::each(piece)
        } else {
            number::cardinal(piece, Masculine)
        };
    }
    if chars == 1 && mixed {
        return fold(piece).to_uppercase();
    }
    if chars > 1 && piece.chars().all(char::is_uppercase) {
        return fold_words(&acronym::spoken(piece, false));
    }
    let vowelless = piece
        .chars()
        .all(|c| c.is_ascii_alphabetic() && !"aeiouyAEIOUY".contains(c));
    if vowelless && chars < 6 {
        return acronym::letters(piece);
    }
    fold(piece)
}

/// As [`fold`], word by word; capitals are names of letters and stay.
pub(super) fn fold_words(spoken: &str) -> String {
    let fold_one = |word: &str| {
        if word.starts_with(char::is_uppercase) {
            fold(word).to_uppercase()
        } else {
            fold(word)
        }
    };
    spoken
        .split(' ')
        .map(fold_one)
        .collect::<Vec<_>>()
        .join(" ")
}

/// The nearest word in the letters of Portuguese.
pub(super) fn fold(word: &str) -> String {
    let mut folded = String::new();
    for c in word.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_lowercase() || ACCENTED.contains(c) {
            folded.push(c);
        } else if !c.is_ascii() {
            let plain = deunicode::deunicode_char(c)
                .unwrap_or_default()
                .to_ascii_lowercase();
            folded.extend(
                plain
                    .chars()
                    .filter(|c| c.is_ascii_lowercase() || *c == ' '),
            );
        }
    }
    folded
}
