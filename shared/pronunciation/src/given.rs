//! Pronunciations that a writer gave: flite's phones with blanks between them (`hh ax l ow1`), or the letters of the
//! International Phonetic Alphabet (`həˈloʊ`).

use kiskadee_text::Language;

use crate::{
    ipa::{self, PRIMARY},
    phone::Phone,
    sound::Sound,
};

const LONGEST: usize = 200;
/// Nothing that the voice could say.
const PASSED_OVER: [char; 8] = ['ˌ', '.', 'ː', ' ', '/', '[', ']', '\u{361}'];

/// Why given phones cannot be said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GivenError {
    #[error("there is no phone `{0}`")]
    Unknown(String),
    #[error("it names no phone")]
    Empty,
    #[error("it is longer than {LONGEST} characters")]
    TooLong,
}

/// Reads phones by their names if all are known ones, else as phonetic letters.
pub(super) fn parse(language: Language, given: &str) -> Result<Vec<Sound>, GivenError> {
    if given.chars().count() > LONGEST {
        return Err(GivenError::TooLong);
    }
    let mut sounds = match by_name(language, given) {
        Some(sounds) => sounds,
        None => phonetic(language, given)?,
    };
    stress_the_only_vowel(&mut sounds);
    if sounds.is_empty() {
        Err(GivenError::Empty)
    } else {
        Ok(sounds)
    }
}

/// Nobody marks the stress of a word with one syllable.
fn stress_the_only_vowel(sounds: &mut [Sound]) {
    let mut vowels = sounds.iter_mut().filter(|sound| sound.phone().is_vowel());
    if let (Some(only), None) = (vowels.next(), vowels.next()) {
        *only = Sound::new(only.phone(), true);
    }
}

fn by_name(language: Language, given: &str) -> Option<Vec<Sound>> {
    let sound = |name: &str| {
        let plain = name
            .trim_end_matches(['0', '1', '2'])
            .trim_start_matches('\'');
        let phone = Phone::named(language, plain)?;
        Some(Sound::new(
            phone,
            name.ends_with('1') || name.starts_with('\''),
        ))
    };
    given.split_whitespace().map(sound).collect()
}

fn phonetic(language: Language, given: &str) -> Result<Vec<Sound>, GivenError> {
    let table = ipa::table(language);
    let (mut sounds, mut rest, mut is_stressed) = (Vec::new(), given, false);
    while let Some(first) = rest.chars().next() {
        if let Some((symbol, name)) = table.iter().find(|(symbol, _)| rest.starts_with(symbol)) {
            let phone = Phone::named(language, name)
                .ok_or_else(|| GivenError::Unknown((*name).to_owned()))?;
            sounds.push(Sound::new(phone, is_stressed && phone.is_vowel()));
            is_stressed &= !phone.is_vowel();
            rest = rest.get(symbol.len()..).unwrap_or_default();
        } else if first == PRIMARY || PASSED_OVER.contains(&first) {
            is_stressed |= first == PRIMARY;
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        } else {
            return Err(GivenError::Unknown(first.to_string()));
        }
    }
    Ok(sounds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(language: Language, given: &str) -> String {
        let sounds = parse(language, given).unwrap();
        let write = |sound: &Sound| {
            let mark = if sound.is_stressed() { "1" } else { "" };
            sound.phone().name().trim_start_matches("pt/").to_owned() + mark
        };
        sounds.iter().map(write).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn both_alphabets_are_read() {
        assert_eq!(read(Language::English, "hh ax l ow1"), "hh ax l ow1");
        assert_eq!(read(Language::English, "/həˈloʊ/"), "hh ax l ow1");
        assert_eq!(read(Language::English, "ˈtʃɝtʃ"), "ch er1 ch");
        assert_eq!(read(Language::English, "boʊt"), "b ow1 t");
        assert_eq!(read(Language::Portuguese, "koɾaˈsɐ̃w̃"), "k o * a s &U~1");
    }

    #[test]
    fn what_cannot_be_said_is_named() {
        let refused = |given: &str| parse(Language::English, given).unwrap_err();
        assert_eq!(refused("ʘa"), GivenError::Unknown("ʘ".to_owned()));
        assert_eq!(refused(" . "), GivenError::Empty);
        assert_eq!(refused(&"a".repeat(201)), GivenError::TooLong);
    }
}
