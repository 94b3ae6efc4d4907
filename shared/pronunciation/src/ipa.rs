//! Phones as letters of the International Phonetic Alphabet: what a writer may give, and what is told of a text.

use kiskadee_text::Language;

use crate::phone::{Phone, PhoneToken, Stress};

pub(crate) const PRIMARY: char = 'ˈ';
/// Longer symbols first, for the first that fits is taken; of several for one phone the first is written.
const ENGLISH: &[(&str, &str)] = &[
    ("tʃ", "ch"),
    ("t͡ʃ", "ch"),
    ("dʒ", "jh"),
    ("d͡ʒ", "jh"),
    ("aɪ", "ay"),
    ("aʊ", "aw"),
    ("eɪ", "ey"),
    ("oʊ", "ow"),
    ("əʊ", "ow"),
    ("ɔɪ", "oy"),
    ("iː", "iy"),
    ("uː", "uw"),
    ("ɑː", "aa"),
    ("ɔː", "ao"),
    ("ɜː", "er"),
    ("ɝ", "er"),
    ("ɚ", "er"),
    ("ɑ", "aa"),
    ("ɒ", "aa"),
    ("æ", "ae"),
    ("ʌ", "ah"),
    ("ɔ", "ao"),
    ("ə", "ax"),
    ("ɛ", "eh"),
    ("e", "eh"),
    ("ɪ", "ih"),
    ("i", "iy"),
    ("ʊ", "uh"),
    ("u", "uw"),
    ("b", "b"),
    ("d", "d"),
    ("ð", "dh"),
    ("f", "f"),
    ("ɡ", "g"),
    ("g", "g"),
    ("h", "hh"),
    ("k", "k"),
    ("l", "l"),
    ("ɫ", "l"),
    ("m", "m"),
    ("n", "n"),
    ("ŋ", "ng"),
    ("p", "p"),
    ("ɹ", "r"),
    ("r", "r"),
    ("s", "s"),
    ("ʃ", "sh"),
    ("t", "t"),
    ("ɾ", "t"),
    ("θ", "th"),
    ("v", "v"),
    ("w", "w"),
    ("j", "y"),
    ("z", "z"),
    ("ʒ", "zh"),
];
const PORTUGUESE: &[(&str, &str)] = &[
    ("tʃ", "tS"),
    ("t͡ʃ", "tS"),
    ("dʒ", "dZ"),
    ("d͡ʒ", "dZ"),
    ("ɐ̃w̃", "&U~"),
    ("ɐ̃j̃", "&I~"),
    ("ẽj̃", "eI~"),
    ("õj̃", "oI~"),
    ("ũj̃", "uI~"),
    ("ɐ̃", "&~"),
    ("ã", "&~"),
    ("ẽ", "e~"),
    ("ĩ", "i~"),
    ("õ", "o~"),
    ("ũ", "u~"),
    ("aj", "aI"),
    ("aɪ", "aI"),
    ("ej", "eI"),
    ("ɛj", "EI"),
    ("ɔj", "OI"),
    ("uj", "uI"),
    ("ɛw", "EU"),
    ("iw", "iU"),
    ("eɪ", "eI"),
    ("oj", "oI"),
    ("aw", "aU"),
    ("aʊ", "aU"),
    ("ew", "eU"),
    ("a", "a"),
    ("ɐ", "&"),
    ("e", "e"),
    ("ɛ", "E"),
    ("i", "i"),
    ("ɪ", "y"),
    ("o", "o"),
    ("ɔ", "O"),
    ("u", "u"),
    ("ʊ", "U"),
    ("b", "b"),
    ("d", "d"),
    ("f", "f"),
    ("ɡ", "g"),
    ("g", "g"),
    ("k", "k"),
    ("l", "l"),
    ("ʎ", "l^"),
    ("m", "m"),
    ("n", "n"),
    ("ɲ", "n^"),
    ("ŋ", "N"),
    ("p", "p"),
    ("ɾ", "*"),
    ("ʁ", "x"),
    ("h", "x"),
    ("x", "x"),
    ("r", "x"),
    ("s", "s"),
    ("ʃ", "S"),
    ("t", "t"),
    ("v", "v"),
    ("w", "w"),
    ("j", "j"),
    ("z", "z"),
    ("ʒ", "Z"),
];

/// Phones that differ from others by their place alone: taps beside consonants and at the end of a word, which writers give as
/// the tap between vowels, and transitions that nobody writes.
const BY_PLACE: [(&str, &str); 4] = [("pt/R", "ɾ"), ("pt/r", "ɾ"), ("pt/@-", ""), ("pt/;", "")];

/// The letters of a language's phones.
pub(crate) fn table(language: Language) -> &'static [(&'static str, &'static str)] {
    match language {
        Language::English => ENGLISH,
        Language::Portuguese => PORTUGUESE,
    }
}

/// The phones of a word in IPA, with a mark before each stressed syllable where there are several syllables.
pub(crate) fn written(language: Language, phones: &[PhoneToken]) -> String {
    let is_marked = phones.iter().filter(|token| token.phone.is_vowel()).count() > 1;
    let mut ipa = String::new();
    // Whether the last mark waits for its vowel, which a second stressed one right behind needs a mark of its own.
    let (mut is_open, mut before) = (false, Stress::None);
    for token in phones {
        let is_stressed = token.stress == Stress::Primary;
        let begins = before != Stress::Primary || (token.phone.is_vowel() && !is_open);
        if is_marked && is_stressed && begins {
            ipa.push(PRIMARY);
            is_open = true;
        }
        is_open &= !token.phone.is_vowel();
        before = token.stress;
        ipa.push_str(symbol(language, token.phone));
    }
    ipa
}

fn symbol(language: Language, phone: Phone) -> &'static str {
    if let Some((_, symbol)) = BY_PLACE.iter().find(|(name, _)| phone.name() == *name) {
        return symbol;
    }
    let is_it = |(_, name): &&(&str, &str)| Phone::named(language, name) == Some(phone);
    let written = table(language).iter().find(is_it);
    written.map_or("", |(symbol, _)| symbol)
}

#[cfg(test)]
mod tests {
    use kiskadee_text::normalize;

    use super::*;
    use crate::{Pronouncer, given};

    #[test]
    fn every_phone_can_be_written() {
        for index in 1..Phone::COUNT {
            let phone = Phone(u8::try_from(index).unwrap());
            let language = if phone.name().starts_with("pt/") {
                Language::Portuguese
            } else {
                Language::English
            };
            let is_transition = ["pt/@-", "pt/;"].contains(&phone.name());
            let name = phone.name();
            assert_eq!(symbol(language, phone).is_empty(), is_transition, "{name}");
        }
    }

    #[test]
    fn what_is_written_is_read_back_as_the_same_phones() {
        let texts = [
            (
                Language::English,
                "about thirteen uncles wonder whether butterflies choose pneumatic jewels",
            ),
            (
                Language::Portuguese,
                "aquelas mães dizem que o avião gigante leva pães e caixas de chocolate",
            ),
        ];
        for (language, text) in texts {
            let pronouncer = Pronouncer::built_in(language).unwrap();
            for sentence in normalize(text, language) {
                let tokens = pronouncer.pronounce(&sentence).unwrap();
                for index in 0..sentence.words.len() {
                    let of_word = |token: &&PhoneToken| token.word == Some(index as u32);
                    let word: Vec<PhoneToken> = tokens.iter().filter(of_word).copied().collect();
                    let ipa = written(language, &word);
                    let read: Vec<Phone> = given::parse(language, &ipa)
                        .unwrap()
                        .iter()
                        .map(|sound| sound.phone())
                        .collect();
                    let spoken: Vec<Phone> = word
                        .iter()
                        .map(|token| token.phone)
                        .filter(|phone| !BY_PLACE.iter().any(|(name, _)| phone.name() == *name))
                        .collect();
                    assert_eq!(read, spoken, "{}: {ipa}", sentence.words[index].text);
                }
            }
        }
    }
}
