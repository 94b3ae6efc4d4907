//! Words in capitals: said as a word, or letter by letter.

/// Up to three letters are said by name unless they are here.
const SHORT_WORDS: &[&str] = &[
    "pix", "sus", "onu", "pib", "ong", "pis", "usp", "pin", "sim", "ram", "gol", "tim", "lan",
    "gif", "cep", "caf", "cid", "bit", "mec", "puc", "upa", "pec", "pac", "sac", "vip", "ita",
];
/// Four letters and more that no rule of syllables would let be said as a word.
const LONG_WORDS: &[&str] = &[
    "unicamp", "sesc", "unesp", "nasdaq", "brics", "sebrae", "covid", "web", "anatel", "senac",
    "anac", "unicef", "masp", "fapesp", "fiesp", "selic", "aids", "uerj", "ufba", "unifesp",
    "darf", "cofins", "nafta", "opep", "inep", "fuvest", "bovespa", "ibovespa", "procon",
];
/// Pronounceable, but said by their letters.
const LETTERS: &[&str] = &["oab", "ceo", "eua", "ufa", "aedes"];
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
/// More than one of a letter.
const PLURALS: &[(&str, &str)] = &[
    ("A", "ás"),
    ("B", "bês"),
    ("C", "cês"),
    ("D", "dês"),
    ("E", "és"),
    ("F", "efes"),
    ("G", "gês"),
    ("H", "agás"),
    ("I", "is"),
    ("J", "jotas"),
    ("K", "cás"),
    ("L", "eles"),
    ("M", "emes"),
    ("N", "enes"),
    ("O", "ós"),
    ("P", "pês"),
    ("Q", "quês"),
    ("R", "erres"),
    ("S", "esses"),
    ("T", "tês"),
    ("U", "us"),
    ("V", "vês"),
    ("W", "dáblius"),
    ("X", "xis"),
    ("Y", "ípsilons"),
    ("Z", "zês"),
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
    let word_of_capitals = shouted && (lower.chars().count() != 4 || is_pronounceable(&lower));
    let as_word = lower.contains(VOWELS)
        && (word_of_capitals
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

/// The letters of `CDs`: the last is heard in the plural of its name.
pub(super) fn plural_letters(word: &str) -> String {
    let spelled = letters(word);
    let Some((first, last)) = spelled.rsplit_once(' ') else {
        return spelled;
    };
    let name = PLURALS.iter().find(|(letter, _)| *letter == last);
    name.map_or_else(|| spelled.clone(), |(_, name)| format!("{first} {name}"))
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
