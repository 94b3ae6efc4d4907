//! English from the phones of the product's pronouncer, which are flite's, to the symbols that Kokoro learnt from.

use super::{Symbol, mark, opens};

/// A phone of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phone<'a> {
    /// As flite names it: `ih`, `hh`.
    pub name: &'a str,
    /// Whether its syllable is stressed; asked of vowels only.
    pub is_stressed: bool,
}

/// What a sentence is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item<'a> {
    Word {
        /// Place of the word in the sentence.
        word: u32,
        text: &'a str,
        phones: Vec<Phone<'a>>,
    },
    /// A mark as it is written; those that the model does not know are left out.
    Mark(char),
}

const PRIMARY: char = 'ˈ';
const SECONDARY: char = 'ˌ';

/// What each phone is written as, vowels with and without stress.
const VOWELS: &[(&str, &str, &str)] = &[
    ("aa", "ɑ", "ɑ"),
    ("ae", "æ", "æ"),
    ("ah", "ʌ", "ə"),
    ("ao", "ɔ", "ɔ"),
    ("aw", "W", "W"),
    ("ax", "ə", "ə"),
    ("axr", "əɹ", "əɹ"),
    ("ay", "I", "I"),
    ("eh", "ɛ", "ɛ"),
    ("er", "ɜɹ", "əɹ"),
    ("ey", "A", "A"),
    ("ih", "ɪ", "ɪ"),
    ("iy", "i", "i"),
    ("ow", "O", "O"),
    ("oy", "Y", "Y"),
    ("uh", "ʊ", "ʊ"),
    ("uw", "u", "u"),
];
const CONSONANTS: &[(&str, &str)] = &[
    ("b", "b"),
    ("ch", "ʧ"),
    ("d", "d"),
    ("dh", "ð"),
    ("dx", "ɾ"),
    ("f", "f"),
    ("g", "ɡ"),
    ("hh", "h"),
    ("jh", "ʤ"),
    ("k", "k"),
    ("l", "l"),
    ("m", "m"),
    ("n", "n"),
    ("ng", "ŋ"),
    ("p", "p"),
    ("r", "ɹ"),
    ("s", "s"),
    ("sh", "ʃ"),
    ("t", "t"),
    ("th", "θ"),
    ("v", "v"),
    ("w", "w"),
    ("y", "j"),
    ("z", "z"),
    ("zh", "ʒ"),
];

/// Words that nobody stresses in a sentence.
const FUNCTION_WORDS: &[&str] = &[
    "a", "am", "an", "and", "are", "as", "at", "be", "been", "but", "by", "can", "could", "for",
    "from", "had", "has", "have", "he", "her", "him", "his", "i", "i'm", "if", "in", "is", "it",
    "it's", "its", "me", "my", "nor", "of", "on", "or", "our", "shall", "she", "should", "so",
    "than", "that", "the", "their", "them", "they", "to", "us", "was", "we", "were", "will",
    "with", "would", "you", "your",
];

/// A sentence as symbols: words with blanks between them, marks where they stand.
pub fn symbols(items: &[Item<'_>]) -> Vec<Symbol> {
    let mut symbols: Vec<Symbol> = Vec::new();
    let mut blank = false;
    for item in items {
        let opening = match item {
            Item::Word { .. } => true,
            Item::Mark(written) => match mark(*written) {
                Some(mark) => opens(mark),
                None => continue,
            },
        };
        if opening && blank {
            symbols.push(plain(' '));
        }
        match item {
            Item::Word { word, text, phones } => {
                let spoken = spell_word(text, phones).concat();
                symbols.extend(spoken.chars().map(|symbol| Symbol {
                    symbol,
                    word: Some(*word),
                }));
            }
            Item::Mark(written) => symbols.extend(mark(*written).map(plain)),
        }
        // Nothing stands between an opening mark and its word.
        blank = !(opening && matches!(item, Item::Mark(_)));
    }
    symbols
}

fn plain(symbol: char) -> Symbol {
    Symbol { symbol, word: None }
}

/// What a word's phones are written as, one entry for each.
pub fn spell_word(text: &str, phones: &[Phone<'_>]) -> Vec<String> {
    let stresses = stresses(text, phones).into_iter();
    let spell = |(phone, stress): (&Phone<'_>, Option<char>)| {
        let symbols = written(phone.name, stress.is_some()).chars();
        stress.into_iter().chain(symbols).collect()
    };
    phones.iter().zip(stresses).map(spell).collect()
}

/// Empty for what is not one of flite's phones, such as silence.
fn written(name: &str, is_stressed: bool) -> &'static str {
    let vowel = VOWELS.iter().find(|(vowel, ..)| *vowel == name);
    let consonant = CONSONANTS.iter().find(|(consonant, _)| *consonant == name);
    match (vowel, consonant) {
        (Some((_, stressed, unstressed)), _) => {
            if is_stressed {
                stressed
            } else {
                unstressed
            }
        }
        (None, Some((_, consonant))) => consonant,
        (None, None) => "",
    }
}

fn is_vowel(phone: &Phone<'_>) -> bool {
    VOWELS.iter().any(|(vowel, ..)| *vowel == phone.name)
}

/// The mark of each phone. Flite knows one kind of stress and gives it to many syllables of some words (`nobody` has three):
/// one of them is the primary one, and those further away become secondary.
fn stresses(text: &str, phones: &[Phone<'_>]) -> Vec<Option<char>> {
    let mut marks = vec![None; phones.len()];
    let function = FUNCTION_WORDS
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word));
    if function {
        return marks;
    }
    let vowels: Vec<usize> = (0..phones.len())
        .filter(|place| is_vowel(&phones[*place]))
        .collect();
    let syllables = 0..vowels.len();
    let stressed = syllables.filter(|syllable| phones[vowels[*syllable]].is_stressed);
    let mut stressed: Vec<usize> = stressed.collect();
    // No word but those of one stress has it on a last `y`.
    let ends_in_y =
        |syllable: usize| syllable + 1 == vowels.len() && phones[vowels[syllable]].name == "iy";
    if stressed.len() > 1 {
        stressed.retain(|syllable| !ends_in_y(*syllable));
    }
    let Some(primary) = primary(&stressed, vowels.len(), text) else {
        return marks;
    };
    for syllable in stressed {
        let far = syllable.abs_diff(primary) > 1;
        marks[vowels[syllable]] = match syllable {
            _ if syllable == primary => Some(PRIMARY),
            _ if far || syllable > primary => Some(SECONDARY),
            _ => None,
        };
    }
    marks
}

/// The last stressed syllable in words of Latin's pattern (`information`): one or two syllables follow it, and two or more are
/// in front. Else the first one, as in compounds.
fn primary(stressed: &[usize], syllables: usize, text: &str) -> Option<usize> {
    let (first, last) = (*stressed.first()?, *stressed.last()?);
    let behind = syllables - 1 - last;
    let compound = text.len() > 4 && text.to_ascii_lowercase().ends_with("body");
    if last >= first + 2 && (1..=2).contains(&behind) && !compound {
        Some(last)
    } else {
        Some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word<'a>(word: u32, text: &'a str, phones: &'a str) -> Item<'a> {
        let phones = phones.split_whitespace().map(|phone| Phone {
            name: phone.trim_end_matches('1'),
            is_stressed: phone.ends_with('1'),
        });
        Item::Word {
            word,
            text,
            phones: phones.collect(),
        }
    }

    fn said(items: &[Item<'_>]) -> String {
        symbols(items).iter().map(|symbol| symbol.symbol).collect()
    }

    #[test]
    fn stress_stands_before_vowels_and_not_on_function_words() {
        let items = [
            word(0, "The", "dh ax1"),
            word(1, "church", "ch er1 ch"),
            Item::Mark(','),
            Item::Mark('«'),
            word(2, "better", "b eh1 t er"),
            Item::Mark('»'),
            Item::Mark('*'),
            Item::Mark('.'),
        ];
        assert_eq!(said(&items), "ðə ʧˈɜɹʧ, “bˈɛtəɹ”.");
        let words: Vec<_> = symbols(&items).iter().map(|symbol| symbol.word).collect();
        assert_eq!(words[0..4], [Some(0), Some(0), None, Some(1)]);
    }

    #[test]
    fn a_word_has_one_primary_stress() {
        for (text, phones, expected) in [
            ("nobody", "n ow1 b aa1 d iy1", "nˈObˌɑdi"),
            ("everybody", "eh1 v r iy b aa1 d iy", "ˈɛvɹibˌɑdi"),
            ("information", "ih1 n f er m ey1 sh ax n", "ˌɪnfəɹmˈAʃən"),
            ("university", "y uw1 n ih v er1 s ih t iy", "jˌunɪvˈɜɹsɪti"),
            ("airplane", "eh1 r p l ey1 n", "ˈɛɹplˌAn"),
            ("agree", "ax g r iy1", "əɡɹˈi"),
        ] {
            assert_eq!(said(&[word(0, text, phones)]), expected, "{text}");
        }
    }
}
