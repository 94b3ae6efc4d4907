//! What Kokoro reads for the phones of the product's pronouncer, each symbol with the phone that it stands for.
//!
//! So the teacher says what the voice is asked to say, and no other program decides about phones.

use kiskadee_text::{Boundary, Language, Sentence};
use kiskadee_voice::{PhoneToken, Stress};

/// A symbol of Kokoro's vocabulary and the index of its phone; blanks have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Symbol {
    pub(super) symbol: char,
    pub(super) token: Option<usize>,
}

const STRESS: char = 'ˈ';
/// flite's phones and Kokoro's symbols.
const ENGLISH: &[(&str, &str)] = &[
    ("aa", "ɑ"),
    ("ae", "æ"),
    ("ah", "ʌ"),
    ("ao", "ɔ"),
    ("aw", "W"),
    ("ax", "ə"),
    ("ay", "I"),
    ("ch", "ʧ"),
    ("dh", "ð"),
    ("eh", "ɛ"),
    ("er", "ɜɹ"),
    ("ey", "A"),
    ("g", "ɡ"),
    ("hh", "h"),
    ("ih", "ɪ"),
    ("iy", "i"),
    ("jh", "ʤ"),
    ("ng", "ŋ"),
    ("ow", "O"),
    ("oy", "Y"),
    ("r", "ɹ"),
    ("sh", "ʃ"),
    ("th", "θ"),
    ("uh", "ʊ"),
    ("uw", "u"),
    ("y", "j"),
    ("zh", "ʒ"),
];
/// Vowels that are written otherwise without stress.
const ENGLISH_REDUCED: &[(&str, &str)] = &[("ah", "ə"), ("er", "əɹ")];
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
/// English words that nobody stresses in a sentence, though they have a stress of their own.
const FUNCTION_WORDS: &str = "a an the and or but of to in on at for from with by as is am are was were be been it its i \
    me my we us our you your he him his she her they them their this that will would can could should do does did has \
    have had if so than not there";

/// Symbols for the phones of a sentence, which begin and end with silence.
pub(super) fn symbols(
    tokens: &[PhoneToken],
    sentence: &Sentence,
    language: Language,
) -> Vec<Symbol> {
    let mut symbols = Vec::new();
    let mut word = None;
    for (index, token) in tokens.iter().enumerate().skip(1) {
        let owned = |symbol| Symbol {
            symbol,
            token: Some(index),
        };
        let Some(place) = token.word else {
            let before = word.and_then(|place: u32| sentence.words.get(place as usize));
            symbols.push(owned(mark(before.map(|word| word.boundary))));
            continue;
        };
        let name = token.phone.name().trim_start_matches("pt/");
        let is_function_word = language == Language::English
            && sentence
                .words
                .get(place as usize)
                .is_some_and(|word| FUNCTION_WORDS.split_whitespace().any(|w| w == word.text));
        let is_stressed = token.stress == Stress::Primary;
        let mut text = String::new();
        if is_stressed && token.phone.is_vowel() && !is_function_word {
            text.push(STRESS);
        }
        text.push_str(written(name, is_stressed, language));
        if word.is_some_and(|before| before != place) {
            symbols.push(Symbol {
                symbol: ' ',
                token: None,
            });
        }
        word = Some(place);
        symbols.extend(text.chars().map(owned));
    }
    symbols
}

fn written(name: &'static str, is_stressed: bool, language: Language) -> &'static str {
    let find = |table: &[(&str, &'static str)]| {
        let row = table.iter().find(|(phone, _)| *phone == name);
        row.map(|(_, symbols)| *symbols)
    };
    let found = match language {
        Language::English if !is_stressed => find(ENGLISH_REDUCED).or_else(|| find(ENGLISH)),
        Language::English => find(ENGLISH),
        Language::Portuguese => find(PORTUGUESE),
    };
    found.unwrap_or(name)
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
    use kiskadee_text::normalize;
    use kiskadee_voice::pronunciation::Pronouncer;

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
