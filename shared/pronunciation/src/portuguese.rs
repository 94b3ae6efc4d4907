//! What Brazilian Portuguese does with words in a sentence: weak forms, the one stress of a word, and the consonants at its
//! end before the next word.

use kiskadee_text::Language;

use super::word::parse;
use crate::phone::Phone;
use crate::sound::Sound;

/// Small words whose vowels are reduced in speech.
const WEAK_FORMS: &[(&str, &str)] = &[
    ("o", "U"),
    ("os", "U s"),
    // Alone, espeak-ng spells these two letters, and the rules leave `às` without a vowel.
    ("é", "E"),
    ("à", "a"),
    ("às", "a s"),
    ("e", "i"),
    ("do", "d U"),
    ("dos", "d U s"),
    ("no", "n U"),
    ("nos", "n U s"),
    ("ao", "aU"),
    ("aos", "aU s"),
    ("que", "k y"),
    ("se", "s y"),
    ("me", "m y"),
    ("te", "tS y"),
    ("lhe", "l^ y"),
    ("de", "dZ y"),
    ("não", "n &U~"),
    ("um", "u~ N"),
    ("em", "eI N"),
    ("com", "k o N"),
    ("por", "p o r"),
    ("para", "p a * &"),
    ("pelo", "p e l U"),
    ("pelos", "p e l U s"),
    ("pela", "p e l &"),
    ("pelas", "p e l & s"),
    ("ele", "e l y"),
    ("eles", "e l y s"),
    ("foi", "f oI"),
];
/// Other small words that lean on their neighbours and carry no stress.
const UNSTRESSED: &str = "a as da das na nas uns uma umas está estão estava eu ela elas você vocês até mas tem \
    minha minhas meu meus seu seus sua suas num numa onde são vai vou vão há nunca pode será tinha era nem sem";
/// Before these an `s` at the end of a word is voiced; before vowels, too.
const VOICED: [&str; 15] = [
    "b", "d", "dZ", "g", "v", "z", "Z", "m", "n", "n^", "l", "l^", "R", "j", "w",
];

pub(super) fn weak_form(word: &str) -> Option<Vec<Sound>> {
    let known = WEAK_FORMS.iter().find(|(weak, _)| *weak == word);
    known.map(|(_, phones)| parse(Language::Portuguese, phones))
}

pub(super) fn is_unstressed(word: &str) -> bool {
    UNSTRESSED.split_whitespace().any(|small| small == word)
}

pub(super) fn without_stress(sounds: Vec<Sound>) -> Vec<Sound> {
    let plain = |sound: Sound| Sound::new(sound.phone(), false);
    sounds.into_iter().map(plain).collect()
}

/// The rules decide letter by letter and may stress two vowels of a word, of which the last counts, or none: then the
/// spelling says which.
pub(super) fn stressed_once(sounds: Vec<Sound>, word: &str) -> Vec<Sound> {
    let vowels: Vec<usize> = places(&sounds, |sound| sound.phone().is_vowel());
    let stressed = places(&sounds, Sound::is_stressed);
    let place = stressed.last().copied().or_else(|| {
        let from_the_end = if is_stressed_on_the_last(word) { 1 } else { 2 };
        let place = vowels.len().saturating_sub(from_the_end);
        vowels.get(place).copied()
    });
    let mut sounds = without_stress(sounds);
    if let Some(sound) = place.and_then(|place| sounds.get_mut(place)) {
        *sound = Sound::new(sound.phone(), true);
    }
    sounds
}

fn places(sounds: &[Sound], is: impl Fn(Sound) -> bool) -> Vec<usize> {
    let all = sounds.iter().enumerate();
    all.filter(|(_, sound)| is(**sound))
        .map(|(place, _)| place)
        .collect()
}

fn is_stressed_on_the_last(word: &str) -> bool {
    !["a", "e", "o", "as", "es", "os", "am", "em", "ens"]
        .iter()
        .any(|ending| word.ends_with(ending))
}

/// The end of a word before the first phone of the next one.
pub(super) fn join(sounds: &mut [Sound], next: Phone) {
    let next_name = next.name().trim_start_matches("pt/");
    let Some(last) = sounds.last_mut() else {
        return;
    };
    let becomes = match last.phone().name() {
        "pt/s" if next.is_vowel() || VOICED.contains(&next_name) => "z",
        "pt/r" if next.is_vowel() => "*",
        _ => return,
    };
    if let Some(phone) = Phone::named(Language::Portuguese, becomes) {
        *last = Sound::new(phone, last.is_stressed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(sounds: &[Sound]) -> String {
        let name = |sound: &Sound| {
            let mark = if sound.is_stressed() { "1" } else { "" };
            sound.phone().name().trim_start_matches("pt/").to_owned() + mark
        };
        sounds.iter().map(name).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_word_has_one_stress() {
        let read = |phones, word| names(&stressed_once(parse(Language::Portuguese, phones), word));
        assert_eq!(read("d o1 oI1 s", "dois"), "d o oI1 s");
        assert_eq!(read("f i k &", "fica"), "f i1 k &");
        assert_eq!(read("f i N", "fim"), "f i1 N");
    }

    #[test]
    fn words_join() {
        let joined = |phones, next| {
            let mut sounds = parse(Language::Portuguese, phones);
            join(
                &mut sounds,
                Phone::named(Language::Portuguese, next).unwrap(),
            );
            names(&sounds)
        };
        assert_eq!(joined("a s", "a"), "a z");
        assert_eq!(joined("a s", "k"), "a s");
        assert_eq!(joined("v e1 r", "o"), "v e1 *");
    }
}
