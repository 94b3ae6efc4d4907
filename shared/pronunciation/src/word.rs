//! One word in one language: what the lexicon knows, what the rules of word forms give, and the letters at last.

use kiskadee_text::Language;

use super::{letters::Letters, lexicon::Lexicon, portuguese, sound::Sound, vowels};
use crate::phone::Phone;

/// Longer words are not words; the rest of one is not said.
const LONGEST_WORD: usize = 200;
/// How the letters of the alphabet are called, in flite's phones and in espeak-ng's.
const ENGLISH_LETTERS: &str = "a ey1|b b iy1|c s iy1|d d iy1|e iy1|f eh1 f|g jh iy1|h ey1 ch|i ay1|j jh ey1|k k ey1|\
    l eh1 l|m eh1 m|n eh1 n|o ow1|p p iy1|q k y uw1|r aa1 r|s eh1 s|t t iy1|u y uw1|v v iy1|w d ah1 b ax l y uw|\
    x eh1 k s|y w ay1|z z iy1";
const PORTUGUESE_LETTERS: &str = "a a1|b b e1|c s e1|d d e1|e E1|f E1 f y|g Z e1|h a g a1|i i1|j Z O1 t &|k k a1|\
    l E1 l y|m e1 m y|n e1 n y|o O1|p p e1|q k e1|r E1 x y|s E1 s y|t t e1|u u1|v v e1|w d a1 b l i U|x S i1 s|\
    y i1 p s i l o~|z z e1|ç s e1|á a1|é E1|í i1|ó O1|ú u1|ã &~1|õ o~1|â &1|ê e1|ô o1|à a1|ü u1";
/// What is needed to say the words of a language.
pub(super) struct Words {
    pub language: Language,
    pub lexicon: Lexicon,
    pub letters: Letters,
}

impl Words {
    pub(super) fn sounds(&self, word: &str) -> Vec<Sound> {
        let word = word
            .get(..word.floor_char_boundary(LONGEST_WORD))
            .unwrap_or(word);
        match self.language {
            Language::English => self.english(word),
            Language::Portuguese => self.portuguese(word),
        }
    }

    /// The name of a letter, or of several of it (`o's`).
    pub(super) fn letter(&self, text: &str) -> Vec<Sound> {
        let (letter, is_plural) = text
            .strip_suffix("'s")
            .map_or((text, false), |letter| (letter, true));
        let names = match self.language {
            Language::English => ENGLISH_LETTERS,
            Language::Portuguese => PORTUGUESE_LETTERS,
        };
        let name = names
            .split('|')
            .find_map(|name| name.strip_prefix(letter)?.strip_prefix(' '));
        let mut sounds = match name {
            Some(name) => parse(self.language, name),
            None => self.letters.sounds(letter),
        };
        if is_plural {
            self.add_s(&mut sounds);
        }
        sounds
    }

    fn english(&self, word: &str) -> Vec<Sound> {
        if let Some(known) = vowels::known(word).or_else(|| self.known(word)) {
            return known;
        }
        for possessive in ["'s", "s'", "'"] {
            if let Some(owner) = word
                .strip_suffix(possessive)
                .filter(|owner| !owner.is_empty())
            {
                let mut sounds = self.english(owner);
                if possessive != "'" {
                    self.add_s(&mut sounds);
                }
                return sounds;
            }
        }
        if !word.contains(['a', 'e', 'i', 'o', 'u', 'y']) {
            return self.spelled(word);
        }
        stressed(vowels::with_one(word, self.letters.sounds(word)))
    }

    /// What has no vowel can only be spelled.
    fn spelled(&self, word: &str) -> Vec<Sound> {
        let mut letter = [0; 4];
        let letters = word.chars().filter(|letter| letter.is_alphabetic());
        letters
            .flat_map(|name| self.letter(name.encode_utf8(&mut letter)))
            .collect()
    }

    fn known(&self, word: &str) -> Option<Vec<Sound>> {
        self.lexicon.get(word)
    }

    fn portuguese(&self, word: &str) -> Vec<Sound> {
        if let Some(weak) = portuguese::weak_form(word) {
            return weak;
        }
        let known = self.known(word);
        let sounds = known.unwrap_or_else(|| self.letters.sounds(word));
        if portuguese::is_unstressed(word) {
            return portuguese::without_stress(sounds);
        }
        portuguese::stressed_once(sounds, word)
    }

    /// The s of plurals and possessives: voiced like what it follows, with a vowel after hissing.
    fn add_s(&self, sounds: &mut Vec<Sound>) {
        let last = sounds.last().map_or("", |sound| sound.phone().name());
        let ending = match (self.language, last) {
            (Language::English, "s" | "z" | "sh" | "zh" | "ch" | "jh") => "ax z",
            (Language::Portuguese, _) | (_, "p" | "t" | "k" | "f" | "th") => "s",
            _ => "z",
        };
        sounds.extend(parse(self.language, ending));
    }
}

/// Phones of our own tables, stress behind vowels; what is unknown is left out.
pub(super) fn parse(language: Language, phones: &str) -> Vec<Sound> {
    let sound = |name: &str| {
        let phone = Phone::named(language, name.trim_end_matches('1'))?;
        Some(Sound::new(phone, name.ends_with('1')))
    };
    phones.split_whitespace().filter_map(sound).collect()
}

/// The trees decide letter by letter, so they may stress no vowel of a word: its first full one is stressed then.
fn stressed(mut sounds: Vec<Sound>) -> Vec<Sound> {
    let is_full = |sound: &Sound| sound.phone().is_vowel() && sound.phone().name() != "ax";
    if sounds.iter().any(|sound| sound.is_stressed()) {
        return sounds;
    }
    if let Some(first) = sounds.iter_mut().find(|sound| is_full(sound)) {
        *first = Sound::new(first.phone(), true);
    }
    sounds
}
