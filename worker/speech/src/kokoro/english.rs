//! English for Kokoro by the pronouncer of the embedded voice: its phones, which are flite's, in the model's symbols.

use kiskadee_text::{Language, Sentence};
use kiskadee_voice::{
    PhoneToken, Stress,
    pronunciation::{Pronouncer, PronunciationError},
};

use crate::SpeechError;

const STRESS: char = 'ˈ';
const SECOND_STRESS: char = 'ˌ';

/// The symbols of each word of a sentence, marks aside. A word that has no sound has none.
pub(super) fn symbols(
    pronouncer: &Pronouncer,
    sentence: &Sentence,
) -> Result<Vec<String>, PronunciationError> {
    let tokens = pronouncer.pronounce(sentence)?;
    let of_word = |index: usize| -> String {
        let word = |token: &&PhoneToken| token.word == Some(index as u32);
        let tokens: Vec<&PhoneToken> = tokens.iter().filter(word).collect();
        word_symbols(&tokens)
    };
    Ok((0..sentence.words.len()).map(of_word).collect())
}

/// The lexicon marks every full vowel of a word as stressed, the model was taught one main stress: it is the first, and of
/// two syllables in a row that are stressed the later one is not.
fn word_symbols(tokens: &[&PhoneToken]) -> String {
    let mut symbols = String::new();
    let vowels = tokens.iter().filter(|token| token.phone.is_vowel());
    let stressed: Vec<bool> = vowels.map(|token| token.stress != Stress::None).collect();
    let main = stressed.iter().position(|stressed| *stressed);
    let mut marked_before = false;
    let mut vowel = 0;
    for token in tokens {
        let is_stressed = token.phone.is_vowel() && token.stress != Stress::None;
        if token.phone.is_vowel() {
            let mark = is_stressed && !marked_before;
            if mark {
                symbols.push(if Some(vowel) == main {
                    STRESS
                } else {
                    SECOND_STRESS
                });
            }
            marked_before = mark;
            vowel += 1;
        }
        symbols.push_str(symbol(token.phone.name(), is_stressed));
    }
    symbols
}

/// Nothing for a phone that is not English.
fn symbol(phone: &str, stressed: bool) -> &'static str {
    match phone {
        "aa" => "ɑ",
        "ae" => "æ",
        "ah" if stressed => "ʌ",
        "ah" | "ax" => "ə",
        "ao" => "ɔ",
        "aw" => "W",
        "ay" => "I",
        "b" => "b",
        "ch" => "ʧ",
        "d" => "d",
        "dh" => "ð",
        "eh" => "ɛ",
        "er" if stressed => "ɜɹ",
        "er" => "əɹ",
        "ey" => "A",
        "f" => "f",
        "g" => "ɡ",
        "hh" => "h",
        "ih" => "ɪ",
        "iy" => "i",
        "jh" => "ʤ",
        "k" => "k",
        "l" => "l",
        "m" => "m",
        "n" => "n",
        "ng" => "ŋ",
        "ow" => "O",
        "oy" => "Y",
        "p" => "p",
        "r" => "ɹ",
        "s" => "s",
        "sh" => "ʃ",
        "t" => "t",
        "th" => "θ",
        "uh" => "ʊ",
        "uw" => "u",
        "v" => "v",
        "w" => "w",
        "y" => "j",
        "z" => "z",
        "zh" => "ʒ",
        _ => "",
    }
}

/// Whether phones that a writer gave can be said.
pub(super) fn is_readable(phones: &str) -> bool {
    kiskadee_voice::pronunciation::is_readable(Language::English, phones)
}

/// That the phones which a writer gave in the text itself can be said, so that a request is refused before it is spoken.
pub(super) fn check_given(sentences: &[Sentence]) -> Result<(), SpeechError> {
    let words = sentences.iter().flat_map(|sentence| &sentence.words);
    for word in words {
        if let Some(given) = word
            .pronunciation
            .as_deref()
            .filter(|given| !is_readable(given))
        {
            let text = &word.text;
            return Err(SpeechError::Reject(format!(
                "the pronunciation given for `{text}` cannot be read: `{given}`"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use kiskadee_text::normalize;
    use kiskadee_voice::Phone;

    use super::*;

    fn said(text: &str) -> Vec<String> {
        let pronouncer = Pronouncer::built_in(Language::English).unwrap();
        symbols(&pronouncer, &normalize(text, Language::English)[0]).unwrap()
    }

    #[test]
    fn words_are_said_in_the_models_symbols() {
        assert_eq!(said("Hello, world!"), ["həlˈO", "wˈɜɹld"]);
        assert_eq!(said("The church judge"), ["ðə", "ʧˈɜɹʧ", "ʤˈʌʤ"]);
    }

    #[test]
    fn a_word_has_one_main_stress() {
        for word in ["nobody", "photography", "afternoon", "understanding"] {
            let said = said(word).concat();
            assert_eq!(said.matches(STRESS).count(), 1, "{said}");
        }
    }

    #[test]
    fn every_english_phone_has_a_symbol() {
        let english = (1..Phone::COUNT).filter_map(|index| u8::try_from(index).ok());
        let names = english.map(|index| Phone(index).name());
        for name in names.filter(|name| !name.starts_with("pt/")) {
            assert!(
                !symbol(name, true).is_empty() && !symbol(name, false).is_empty(),
                "{name}"
            );
        }
    }
}
