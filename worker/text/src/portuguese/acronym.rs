//! Words in capitals: said as a word, or letter by letter.

/// Up to three letters are said by name unless they are here.
const SHORT_WORDS: &[&str] = &[
    "pix", "sus", "onu", "pib", "ong", "pis", "usp", "pin", "sim", "ram", "gol", "tim", "lan",
    "gif", "cep", "caf", "cid", "bit", "oab",
];
/// Four letters and more that no rule of syllables would let be said as a word.
const LONG_WORDS: &[&str] = &[
    "unicamp", "sesc", "unesp", "nasdaq", "brics", "sebrae", "covid", "web", "anatel",
];
/// Pronounceable, but said by their letters.
const LETTERS: &[&str] = &["oab", "ipea", "ceo", "eua", "ufa", "aedes"];
/// Capitals with a reading of their own.
const SPECIAL: &[(&str, &str)] = &[
    ("EUA", "estados unidos"),
    ("TV", "tevê"),
    ("OK", "okay"),
    ("CEO", "C E O"),
    ("OAB", "O A B"),
    ("LTDA", "limitada"),
    ("SA", "S A"),
    ("JPEG", "jota peg"),
    ("WIFI", "uai fai"),
    ("AI", "A I"),
    ("IA", "I A"),
    ("UE", "U E"),
    ("OMS", "O M S"),
];
const VOWELS: &[char] = &[
    'a', 'e', 'i', 'o', 'u', 'á', 'é', 'í', 'ó', 'ú', 'â', 'ê', 'ô', 'ã', 'õ', 'y',
];
/// Consonants that can end a syllable.
const CODAS: &[char] = &['l', 'm', 'n', 'r', 's', 'x', 'z'];
const ONSETS: &[&str] = &[
    "bl", "br", "ch", "cl", "cr", "dr", "fl", "fr", "gl", "gr", "lh", "nh", "pl", "pr", "qu", "gu",
    "tr", "vr", "rr", "ss",
];

/// A reading that follows no rule.
pub(super) fn known(capitals: &str) -> Option<&'static str> {
    SPECIAL
        .iter()
        .find(|(name, _)| *name == capitals)
        .map(|(_, reading)| *reading)
}

/// How a word of two or more capitals is said. In a sentence all in capitals only what is known stays apart.
pub(super) fn spoken(capitals: &str, shouted: bool) -> String {
    let lower = capitals.to_lowercase();
    if let Some(reading) = known(capitals).filter(|_| !shouted) {
        return reading.to_owned();
    }
    let as_word = lower.contains(VOWELS)
        && (shouted
            || SHORT_WORDS.contains(&lower.as_str())
            || LONG_WORDS.contains(&lower.as_str())
            || !LETTERS.contains(&lower.as_str())
                && lower.chars().count() > 3
                && is_pronounceable(&lower));
    if as_word || lower.chars().count() > 12 {
        lower
    } else {
        letters(&lower)
    }
}

/// Each letter by its name.
pub(super) fn letters(word: &str) -> String {
    let letters: Vec<_> = word.to_uppercase().chars().map(String::from).collect();
    letters.join(" ")
}

/// Every run of consonants can be parted into the end of one syllable and the beginning of the next.
fn is_pronounceable(word: &str) -> bool {
    let is_vowel = |c: char| VOWELS.contains(&c);
    let runs: Vec<&str> = word.split(is_vowel).collect();
    let last = runs.len().saturating_sub(1);
    let fits = runs.iter().enumerate().all(|(index, run)| match index {
        0 => begins(run),
        _ if index == last => run.is_empty() || run.len() == 1 && run.starts_with(CODAS),
        _ => begins(run) || run.starts_with(CODAS) && begins(run.get(1..).unwrap_or_default()),
    });
    fits && word
        .split(|c| !is_vowel(c))
        .all(|run| run.chars().count() <= 3)
}

fn begins(run: &str) -> bool {
    run.chars().count() <= 1 || ONSETS.contains(&run)
}
