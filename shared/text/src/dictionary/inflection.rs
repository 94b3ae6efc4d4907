//! Possessives and plurals of an entry's word, which are said as the entry is, with the ending of the language.

use super::Entry;
use crate::Language;

/// Words that are no plural of what they are without their end, although that may be an entry: `Mar` does not say `Mars`.
const ENGLISH_WORDS: &[&str] = &[
    "athens", "brussels", "carlos", "gas", "lens", "lucas", "marcos", "mars", "news", "nicolas",
    "paris", "plus", "series", "species", "this", "thus", "wales",
];
const PORTUGUESE_WORDS: &[&str] = &[
    "antes", "atlas", "carlos", "deus", "lucas", "marcos", "mais", "marte", "menos", "paris",
    "pois", "seis",
];
/// Letters of the shortest word whose plural is looked for, unless it is in capitals (`TVs`).
const LEAST_LETTERS: usize = 3;

/// How a word may stand in a text beside how it stands in the dictionary.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Inflected {
    pub written: String,
    pub entry: Entry,
    /// Characters of the word that are written as in the dictionary, where the rest marks a plural: it is that only behind a word of
    /// some length, or in capitals.
    pub plural_of: Option<usize>,
}

/// The inflected forms of a word in small letters.
pub(super) fn inflected(word: &str, entry: &Entry, language: Language) -> Vec<Inflected> {
    let Some(last) = word
        .chars()
        .next_back()
        .filter(|last| last.is_alphanumeric())
    else {
        return Vec::new();
    };
    let ending = |written: String, kept: Option<usize>| {
        let entry = with_ending(entry, language, kept.is_none())?;
        Some(Inflected {
            written,
            entry,
            plural_of: kept,
        })
    };
    let mut forms = vec![ending(format!("{word}'s"), None)];
    let letters = word.chars().count();
    let plurals = match language {
        Language::English => english_plurals(word, last),
        Language::Portuguese => portuguese_plurals(word, last),
    };
    let words = match language {
        Language::English => ENGLISH_WORDS,
        Language::Portuguese => PORTUGUESE_WORDS,
    };
    for written in plurals
        .into_iter()
        .filter(|plural| !words.contains(&plural.as_str()))
    {
        let kept = common(word, &written).min(letters);
        forms.push(ending(written, Some(kept)));
    }
    forms.into_iter().flatten().collect()
}

/// Whether letters of a text that stand before the end of a plural let it be one.
pub(super) fn may_be_plural(stem: &str, end: &str) -> bool {
    let letters = stem.chars().filter(|c| c.is_alphanumeric()).count();
    letters >= LEAST_LETTERS
        || letters > 1 && !stem.contains(char::is_lowercase) && !end.contains(char::is_uppercase)
}

fn common(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count()
}

fn english_plurals(word: &str, last: char) -> Vec<String> {
    let mut plurals = Vec::new();
    if is_sibilant_in_writing(word) {
        plurals.push(format!("{word}es"));
    } else {
        plurals.push(format!("{word}s"));
    }
    if last == 'o' {
        plurals.push(format!("{word}es"));
    }
    if let Some(stem) = before_consonant_y(word) {
        plurals.push(format!("{stem}ies"));
    }
    plurals
}

fn portuguese_plurals(word: &str, last: char) -> Vec<String> {
    let stem = word.strip_suffix(last).unwrap_or(word);
    let mut plurals = Vec::new();
    if !"szx".contains(last) {
        plurals.push(format!("{word}s"));
    }
    match last {
        'r' | 's' | 'z' | 'n' | 'x' => plurals.push(format!("{word}es")),
        'm' => plurals.push(format!("{stem}ns")),
        'o' if stem.ends_with('ã') => {
            let stem = stem.trim_end_matches('ã');
            plurals.extend([format!("{stem}ões"), format!("{stem}ães")]);
        }
        'l' => plurals.extend(of_l(stem)),
        _ => {}
    }
    plurals
}

/// `canal` to `canais`, `papel` to `papéis`, `túnel` to `túneis`, `barril` to `barris`.
fn of_l(stem: &str) -> Vec<String> {
    let accented = |plain: char, accent: char| {
        let stem = stem.strip_suffix(plain)?;
        Some(format!("{stem}{accent}is"))
    };
    match stem.chars().next_back() {
        Some('i') => vec![format!("{stem}s")],
        Some('e') => [Some(format!("{stem}is")), accented('e', 'é')]
            .into_iter()
            .flatten()
            .collect(),
        Some('o') => [Some(format!("{stem}is")), accented('o', 'ó')]
            .into_iter()
            .flatten()
            .collect(),
        Some('a' | 'u') => vec![format!("{stem}is")],
        _ => Vec::new(),
    }
}

fn is_sibilant_in_writing(word: &str) -> bool {
    ["s", "x", "z", "ch", "sh"]
        .iter()
        .any(|end| word.ends_with(end))
}

fn before_consonant_y(word: &str) -> Option<&str> {
    let stem = word.strip_suffix('y')?;
    let is_consonant = |c: char| c.is_alphabetic() && !"aeiou".contains(c);
    stem.ends_with(is_consonant).then_some(stem)
}

/// The entry with the sound of a possessive or a plural at its end; none where that is no matter of an ending.
fn with_ending(entry: &Entry, language: Language, is_possessive: bool) -> Option<Entry> {
    match entry {
        Entry::Alias(alias) => {
            let alias = alias.trim_end_matches(|c: char| !c.is_alphanumeric());
            Some(Entry::Alias(match language {
                Language::English if is_possessive => format!("{alias}'s"),
                Language::English => english_plural(alias),
                Language::Portuguese => portuguese_plural(alias),
            }))
        }
        Entry::Pronounced(phones) => pronounced(phones, language).map(Entry::Pronounced),
    }
}

/// What is spelled has its `s` parted, so that it is not taken for a letter of the name.
fn english_plural(alias: &str) -> String {
    let last = alias.rsplit([' ', '-', '.']).next().unwrap_or_default();
    let is_spelled = !last.contains(char::is_lowercase);
    if is_spelled {
        return format!("{alias}'s");
    }
    // The last is the one that the word's end demands.
    let plurals = english_plurals(alias, ' ');
    plurals.last().cloned().unwrap_or_default()
}

fn portuguese_plural(alias: &str) -> String {
    let Some(last) = alias.chars().next_back() else {
        return String::new();
    };
    let is_spelled = last.is_uppercase() || last.is_numeric();
    let is_same = last == 's' || last == 'x';
    let plurals = portuguese_plurals(alias, last);
    let plural = match last {
        _ if is_spelled || is_same => return alias.to_owned(),
        'l' | 'm' | 'r' | 'z' => plurals.last(),
        'o' if alias.ends_with("ão") => plurals.get(1),
        _ => plurals.first(),
    };
    plural.cloned().unwrap_or_else(|| alias.to_owned())
}

/// Phones by their names have blanks between them, letters of the phonetic alphabet none.
fn pronounced(phones: &str, language: Language) -> Option<String> {
    let closed = phones.trim_end();
    let end = closed.trim_end_matches(['/', ']', ' ', '.']);
    let closing = closed.get(end.len()..).unwrap_or_default();
    let names: Vec<&str> = end.split_whitespace().collect();
    let are_names = names.len() > 1 && names.iter().all(|name| name.len() <= 3 && name.is_ascii());
    let last = if are_names {
        names.last()?.trim_end_matches(|c: char| c.is_ascii_digit())
    } else {
        let is_letter = |c: &char| c.is_alphabetic() && !"ˈˌːʰʲʷ".contains(*c);
        let (at, _) = end.char_indices().rfind(|(_, c)| is_letter(c))?;
        end.get(at..)?
    };
    let ending: &[&str] = match (language, sound(last)) {
        (Language::English, Sound::Sibilant) => &["ih", "z"],
        (Language::English, Sound::Other) => &["z"],
        (Language::Portuguese, Sound::Sibilant) => &["y", "s"],
        (Language::English, Sound::Voiceless) | (Language::Portuguese, _) => &["s"],
    };
    let said = if are_names {
        format!("{end} {}", ending.join(" "))
    } else {
        let ending = ending.concat().replace("ih", "ɪ").replace('y', "ɪ");
        format!("{end}{ending}")
    };
    Some(said + closing)
}

enum Sound {
    Sibilant,
    Voiceless,
    Other,
}

/// Of a phone by name, or of a letter of the phonetic alphabet with what hangs on it.
fn sound(phone: &str) -> Sound {
    let bare = phone.trim_end_matches(|c: char| !c.is_alphabetic() || "ːʰʲʷ".contains(c));
    match bare {
        "s" | "z" | "sh" | "zh" | "ch" | "jh" | "ʃ" | "ʒ" | "ɕ" | "ʑ" | "ʂ" | "ʐ" | "S" | "Z"
        | "tS" | "dZ" => Sound::Sibilant,
        "p" | "t" | "k" | "f" | "th" | "θ" => Sound::Voiceless,
        _ => Sound::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alias(word: &str, alias: &str, language: Language) -> Vec<(String, String)> {
        let forms = inflected(word, &Entry::Alias(alias.to_owned()), language);
        let told = forms.into_iter().map(|form| {
            let (Entry::Alias(said) | Entry::Pronounced(said)) = form.entry;
            (form.written, said)
        });
        told.collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = expected
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()));
        owned.collect()
    }

    #[test]
    fn english_has_possessives_and_plurals() {
        for (word, said, expected) in [
            (
                "nguyen",
                "win",
                &[("nguyen's", "win's"), ("nguyens", "wins")][..],
            ),
            (
                "bosch",
                "bosh",
                &[("bosch's", "bosh's"), ("bosches", "boshes")],
            ),
            (
                "grammy",
                "gram me.",
                &[
                    ("grammy's", "gram me's"),
                    ("grammys", "gram mes"),
                    ("grammies", "gram mes"),
                ],
            ),
            ("api", "A P I", &[("api's", "A P I's"), ("apis", "A P I's")]),
            (
                "tomato",
                "tuh mah toe",
                &[
                    ("tomato's", "tuh mah toe's"),
                    ("tomatos", "tuh mah toes"),
                    ("tomatoes", "tuh mah toes"),
                ],
            ),
            ("new", "knew", &[("new's", "knew's")]),
            ("c++", "see", &[]),
        ] {
            assert_eq!(
                alias(word, said, Language::English),
                pairs(expected),
                "{word}"
            );
        }
    }

    #[test]
    fn portuguese_has_plurals() {
        for (word, said, expected) in [
            (
                "mouse",
                "máuse",
                &[("mouse's", "máuses"), ("mouses", "máuses")][..],
            ),
            (
                "item",
                "ítem",
                &[("item's", "ítens"), ("items", "ítens"), ("itens", "ítens")],
            ),
            (
                "papel",
                "papel",
                &[
                    ("papel's", "papéis"),
                    ("papels", "papéis"),
                    ("papeis", "papéis"),
                    ("papéis", "papéis"),
                ],
            ),
            (
                "drone",
                "dron",
                &[("drone's", "drons"), ("drones", "drons")],
            ),
            (
                "chip",
                "tchip",
                &[("chip's", "tchips"), ("chips", "tchips")],
            ),
            (
                "gestão",
                "gestão",
                &[
                    ("gestão's", "gestões"),
                    ("gestãos", "gestões"),
                    ("gestões", "gestões"),
                    ("gestães", "gestões"),
                ],
            ),
            ("tv", "T V", &[("tv's", "T V"), ("tvs", "T V")]),
            (
                "ônibus",
                "ônibus",
                &[("ônibus's", "ônibus"), ("ônibuses", "ônibus")],
            ),
            ("sei", "x", &[("sei's", "x")]),
        ] {
            assert_eq!(
                alias(word, said, Language::Portuguese),
                pairs(expected),
                "{word}"
            );
        }
    }

    #[test]
    fn phones_get_the_sound_of_their_ending() {
        for (phones, english, portuguese) in [
            ("w ih1 n", "w ih1 n z", "w ih1 n s"),
            ("k ae1 t", "k ae1 t s", "k ae1 t s"),
            ("b ao1 sh", "b ao1 sh ih z", "b ao1 sh y s"),
            ("/wɪn/", "/wɪnz/", "/wɪns/"),
            ("kæt", "kæts", "kæts"),
            ("bɔʃ", "bɔʃɪz", "bɔʃɪs"),
            ("niː", "niːz", "niːs"),
            ("t͡ʃut͡ʃ", "t͡ʃut͡ʃɪz", "t͡ʃut͡ʃɪs"),
            ("wĩ", "wĩz", "wĩs"),
        ] {
            let said = |language| pronounced(phones, language);
            assert_eq!(said(Language::English).as_deref(), Some(english));
            assert_eq!(said(Language::Portuguese).as_deref(), Some(portuguese));
        }
        assert_eq!(pronounced(" / ", Language::English), None);
    }

    #[test]
    fn short_words_have_plurals_in_capitals_only() {
        assert!(may_be_plural("TV", "s") && may_be_plural("cat", "s"));
        assert!(!may_be_plural("it", "s") && !may_be_plural("A", "s") && !may_be_plural("IT", "S"));
    }
}
