//! English words that the letter-to-sound rules leave without a vowel.

use kiskadee_text::Language;

use crate::{phone::Phone, sound::Sound, word::parse};

/// Those of the word list, of which the teacher's pronunciation was lost; they go before the lexicon.
const KNOWN: &str = "cleft k l eh1 f t|dearths d er1 th s|deiced d iy ay1 s t|deign d ey1 n|deigned d ey1 n d|deigns d ey1 n z|\
    erg er1 g|firs f er1 z|ghouls g uw1 l z|grebes g r iy1 b z|guelph g w eh1 l f|joust jh aw1 s t|jousts jh aw1 s t s|\
    keens k iy1 n z|phlegm f l eh1 m|phoebes f iy1 b iy z|pwned p ow1 n d|roue r uw ey1|roues r uw ey1 z|rouged r uw1 zh d|\
    seance s ey1 aa n s|shirred sh er1 d|shirrs sh er1 z|sirs s er1 z|skein s k ey1 n|skeins s k ey1 n z|sleighs s l ey1 z|\
    splodge s p l aa1 jh|stael s t aa1 l|tsars z aa1 r z|tzars z aa1 r z|weirs w ih1 r z|whirred w er1 d|whirrs w er1 z|\
    whirs w er1 z|whorled w er1 l d|ymir iy1 m ih r";
/// What vowel letters usually stand for; longer ones first.
const USUAL: [(&str, &str); 24] = [
    ("ee", "iy"),
    ("ea", "iy"),
    ("ie", "iy"),
    ("ei", "ey"),
    ("ey", "ey"),
    ("ai", "ey"),
    ("ay", "ey"),
    ("oo", "uw"),
    ("ou", "uw"),
    ("oa", "ow"),
    ("oe", "ow"),
    ("ow", "ow"),
    ("oi", "oy"),
    ("oy", "oy"),
    ("au", "ao"),
    ("aw", "ao"),
    ("ue", "uw"),
    ("ui", "uw"),
    ("a", "ae"),
    ("e", "eh"),
    ("i", "ih"),
    ("o", "aa"),
    ("u", "ah"),
    ("y", "ih"),
];
const LETTERS: [char; 6] = ['a', 'e', 'i', 'o', 'u', 'y'];

pub(crate) fn known(word: &str) -> Option<Vec<Sound>> {
    let entries = KNOWN.split('|').filter_map(|entry| entry.split_once(' '));
    let (_, phones) = entries.into_iter().find(|(known, _)| *known == word)?;
    Some(parse(Language::English, phones))
}

/// The same sounds, with the usual vowel of the word's first vowel letters where there is none: no such word can be heard.
pub(crate) fn with_one(word: &str, mut sounds: Vec<Sound>) -> Vec<Sound> {
    if sounds.iter().any(|sound| sound.phone().is_vowel()) {
        return sounds;
    }
    let Some(at) = word.find(LETTERS) else {
        return sounds;
    };
    let rest = word.get(at..).unwrap_or_default();
    let usual = USUAL.iter().find(|(letters, _)| rest.starts_with(letters));
    let vowel = usual.and_then(|(_, name)| Phone::named(Language::English, name));
    if let Some(vowel) = vowel {
        // A sound for each letter before it, as near as that can be known.
        sounds.insert(at.min(sounds.len()), Sound::new(vowel, true));
    }
    sounds
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(sounds: &[Sound]) -> String {
        let names: Vec<&str> = sounds.iter().map(|sound| sound.phone().name()).collect();
        names.join(" ")
    }

    #[test]
    fn each_known_word_has_a_vowel() {
        for entry in KNOWN.split('|') {
            let (word, phones) = entry.split_once(' ').unwrap();
            let sounds = known(word).unwrap();
            assert_eq!(sounds.len(), phones.split(' ').count(), "{entry}");
            assert!(sounds.iter().any(|sound| sound.is_stressed()), "{entry}");
        }
        assert!(known("sir").is_none());
    }

    #[test]
    fn a_word_without_a_vowel_gets_the_usual_one() {
        let sounds = |phones| parse(Language::English, phones);
        assert_eq!(named(&with_one("keef", sounds("k f"))), "k iy f");
        assert_eq!(named(&with_one("nerd", sounds("n er1 d"))), "n er d");
        assert_eq!(named(&with_one("shleb", sounds("l"))), "l eh");
        assert_eq!(named(&with_one("hmm", sounds("hh m"))), "hh m");
    }
}
