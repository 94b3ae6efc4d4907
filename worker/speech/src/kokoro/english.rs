//! English for Kokoro by the pronouncer of the embedded voice, whose phones the crate of the model spells in its symbols.

use kiskadee_kokoro::text::{
    Symbol,
    english::{Item, Phone, symbols},
};
use kiskadee_pronunciation::{
    Stress, {Pronouncer, PronunciationError, is_readable},
};
use kiskadee_text::{Language, Sentence};

use crate::SpeechError;

/// The symbols of each word of a sentence, marks aside.
pub(super) fn words(
    pronouncer: &Pronouncer,
    sentence: &Sentence,
) -> Result<Vec<String>, PronunciationError> {
    let tokens = pronouncer.pronounce(sentence)?;
    let words = (0..).zip(&sentence.words);
    let words = words.map(|(index, word)| {
        let phones = tokens.iter().filter(|token| token.word == Some(index));
        let phones = phones.map(|token| Phone {
            name: token.phone.name(),
            is_stressed: token.stress != Stress::None,
        });
        let word = Item::Word {
            word: index,
            text: &word.text,
            phones: phones.collect(),
        };
        spelled(&symbols(&[word]))
    });
    Ok(words.collect())
}

pub(super) fn spelled(symbols: &[Symbol]) -> String {
    symbols.iter().map(|symbol| symbol.symbol).collect()
}

/// Whether phones that a writer gave can be said.
pub(super) fn can_say(phones: &str) -> bool {
    is_readable(Language::English, phones)
}

/// That the phones which a writer gave in the text itself can be said, so that a request is refused before it is spoken.
pub(super) fn check_given(sentences: &[Sentence]) -> Result<(), SpeechError> {
    let words = sentences.iter().flat_map(|sentence| &sentence.words);
    for word in words {
        if let Some(given) = word
            .pronunciation
            .as_deref()
            .filter(|given| !can_say(given))
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

    use super::*;

    #[test]
    fn words_are_said_in_the_models_symbols() {
        let pronouncer = Pronouncer::built_in(Language::English).unwrap();
        let sentence = normalize("Hello, world!", Language::English).remove(0);
        let said = words(&pronouncer, &sentence).unwrap();
        assert_eq!(said, ["həlˈO", "wˈɜɹld"]);
    }

    #[test]
    fn given_phones_are_checked_before_anything_is_spoken() {
        let mut sentences = normalize("Hello.", Language::English);
        assert!(check_given(&sentences).is_ok());
        sentences[0].words[0].pronunciation = Some("%%".to_owned());
        assert!(
            matches!(check_given(&sentences), Err(SpeechError::Reject(why)) if why.contains("`hello`"))
        );
    }
}
