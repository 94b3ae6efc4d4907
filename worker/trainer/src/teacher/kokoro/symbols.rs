//! What Kokoro reads for the phones of the product's pronouncer, each symbol with the phone that it stands for.
//!
//! So the teacher says what the voice is asked to say, and no other program decides about phones.

use kiskadee_kokoro::text::english;
use kiskadee_pronunciation::{PhoneToken, Stress};
use kiskadee_text::{Boundary, Language, Sentence};

/// A symbol of Kokoro's vocabulary and the index of its phone; blanks have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Symbol {
    pub(super) symbol: char,
    pub(super) token: Option<usize>,
}

const STRESS: char = 'ˈ';
/// espeak-ng's phonemes of Brazilian Portuguese and what Kokoro's voices learnt for them.
const PORTUGUESE: &[(&str, &str)] = &[
    ("E", "ɛ"),
    ("O", "ɔ"),
    ("&", "æ"),
    ("U", "ʊ"),
    ("aI", "I"),
    ("eI", "A"),
    ("EI", "ɛɪ"),
    ("oI", "oɪ"),
    ("OI", "Y"),
    ("uI", "uɪ"),
    ("aU", "W"),
    ("eU", "eʊ"),
    ("EU", "ɛʊ"),
    ("iU", "iʊ"),
    ("&~", "ɐ\u{303}"),
    ("e~", "e\u{303}"),
    ("i~", "i\u{303}"),
    ("o~", "o\u{303}"),
    ("u~", "u\u{303}"),
    ("&U~", "ɐ\u{303}ʊ\u{303}"),
    ("&I~", "ɐ\u{303}ɪ\u{303}"),
    ("eI~", "e\u{303}ɪ\u{303}"),
    ("oI~", "o\u{303}ɪ\u{303}"),
    ("uI~", "u\u{303}ɪ\u{303}"),
    ("@-", "ə"),
    (";", ""),
    ("n^", "ɲ"),
    ("N", "ŋ"),
    ("g", "ɡ"),
    ("S", "ʃ"),
    ("Z", "ʒ"),
    ("tS", "ʧ"),
    ("dZ", "ʤ"),
    ("*", "ɾ"),
    ("R", "r"),
    ("l^", "ʎ"),
];

/// Symbols for the phones of a sentence, which begin and end with silence.
pub(super) fn symbols(
    tokens: &[PhoneToken],
    sentence: &Sentence,
    language: Language,
) -> Vec<Symbol> {
    let mut symbols = Vec::new();
    let mut word = None;
    let mut first = 1;
    let spoken = tokens.get(1..).unwrap_or_default();
    for group in spoken.chunk_by(|a, b| a.word == b.word) {
        let indices = first..first + group.len();
        first = indices.end;
        let place = group[0].word;
        let text = |place: u32| sentence.words.get(place as usize);
        if word.is_some() && place.is_some() {
            symbols.push(Symbol {
                symbol: ' ',
                token: None,
            });
        }
        let written = match place {
            Some(place) => spell(text(place).map_or("", |word| &word.text), group, language),
            None => {
                vec![mark(word.and_then(text).map(|word| word.boundary)).to_string(); group.len()]
            }
        };
        for (index, written) in indices.zip(written) {
            symbols.extend(written.chars().map(|symbol| Symbol {
                symbol,
                token: Some(index),
            }));
        }
        word = place.or(word);
    }
    symbols
}

/// What each phone of a word is written as.
fn spell(text: &str, phones: &[PhoneToken], language: Language) -> Vec<String> {
    if language == Language::English {
        let phones = phones.iter().map(|token| english::Phone {
            name: token.phone.name(),
            is_stressed: token.stress != Stress::None,
        });
        return english::spell_word(text, &phones.collect::<Vec<_>>());
    }
    phones.iter().map(spell_portuguese).collect()
}

fn spell_portuguese(token: &PhoneToken) -> String {
    let name = token.phone.name().trim_start_matches("pt/");
    let row = PORTUGUESE.iter().find(|(phone, _)| *phone == name);
    let symbols = row.map_or(name, |(_, symbols)| symbols);
    if token.stress == Stress::Primary && token.phone.is_vowel() {
        format!("{STRESS}{symbols}")
    } else {
        symbols.to_owned()
    }
}

fn mark(boundary: Option<Boundary>) -> char {
    match boundary {
        Some(Boundary::Minor | Boundary::Pause(_)) => ',',
        Some(Boundary::Major) => ';',
        Some(Boundary::Question) => '?',
        Some(Boundary::Exclamation) => '!',
        _ => '.',
    }
}

#[cfg(test)]
mod tests {
    use kiskadee_pronunciation::Pronouncer;
    use kiskadee_text::normalize;

    use super::*;

    fn read(text: &str, language: Language) -> String {
        let sentence = normalize(text, language).remove(0);
        let tokens = Pronouncer::built_in(language)
            .unwrap()
            .pronounce(&sentence)
            .unwrap();
        let symbols = symbols(&tokens, &sentence, language);
        symbols.iter().map(|symbol| symbol.symbol).collect()
    }

    #[test]
    fn phones_become_what_the_teacher_reads() {
        assert_eq!(
            read("Good morning, how are you today?", Language::English),
            "ɡˈʊd mˈɔɹnɪŋ, hˈW ɑɹ ju tədˈA?"
        );
        assert_eq!(
            read("Não, a casa é azul!", Language::Portuguese),
            "nɐ\u{303}ʊ\u{303}, a kˈazæ ɛ azˈuw!"
        );
    }
}
