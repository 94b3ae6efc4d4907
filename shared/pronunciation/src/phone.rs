//! The phones of all languages, and a phone in its place.
//!
//! English has the phones of CMU's dictionary with a schwa (`ax`), as flite names them; Brazilian Portuguese has
//! espeak-ng's phonemes. They share one space of indices but no phone: what sounds alike is for the model to find out.

use kiskadee_text::Language;

/// The names of all phones, in the order of their indices. New ones go to the end: models are trained on the indices.
const NAMES: &[&str] = &[
    "pau", "aa", "ae", "ah", "ao", "aw", "ax", "ay", "b", "ch", "d", "dh", "eh", "er", "ey", "f",
    "g", "hh", "ih", "iy", "jh", "k", "l", "m", "n", "ng", "ow", "oy", "p", "r", "s", "sh", "t",
    "th", "uh", "uw", "v", "w", "y", "z", "zh", "pt/a", "pt/e", "pt/E", "pt/i", "pt/o", "pt/O",
    "pt/u", "pt/&", "pt/U", "pt/y", "pt/aI", "pt/eI", "pt/EI", "pt/oI", "pt/OI", "pt/uI", "pt/aU",
    "pt/eU", "pt/EU", "pt/iU", "pt/&~", "pt/e~", "pt/i~", "pt/o~", "pt/u~", "pt/&U~", "pt/&I~",
    "pt/eI~", "pt/oI~", "pt/uI~", "pt/@-", "pt/;", "pt/m", "pt/n", "pt/n^", "pt/N", "pt/p", "pt/b",
    "pt/t", "pt/d", "pt/k", "pt/g", "pt/f", "pt/v", "pt/s", "pt/z", "pt/S", "pt/Z", "pt/tS",
    "pt/dZ", "pt/x", "pt/r", "pt/*", "pt/R", "pt/l", "pt/l^", "pt/j", "pt/w",
];
const PORTUGUESE: &str = "pt/";
/// espeak-ng's pauses, and its second way to write an `s`.
const SILENCES: [&str; 4] = ["_", "_:", "_!", "_|"];
const VARIANTS: [(&str, &str); 2] = [("s#", "s"), ("r/", "r")];

/// An index into the inventory of phones, which English and Portuguese share: 0 is silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Phone(pub u8);

impl Phone {
    /// How many phones there are, silence included.
    pub const COUNT: usize = NAMES.len();
    pub const SILENCE: Self = Self(0);

    /// The phone of a name as the language's teacher writes it: `ih` for English, `eI` for Portuguese.
    pub fn named(language: Language, name: &str) -> Option<Self> {
        let place = match language {
            Language::English => NAMES.iter().position(|known| *known == name),
            Language::Portuguese if SILENCES.contains(&name) => Some(0),
            Language::Portuguese => {
                let variant = VARIANTS.iter().find(|(variant, _)| *variant == name);
                let name = variant.map_or(name, |(_, plain)| *plain);
                NAMES
                    .iter()
                    .position(|known| known.strip_prefix(PORTUGUESE) == Some(name))
            }
        };
        place.and_then(|place| u8::try_from(place).ok()).map(Self)
    }

    /// Its name in the whole inventory.
    pub fn name(self) -> &'static str {
        NAMES.get(usize::from(self.0)).copied().unwrap_or("?")
    }

    pub fn is_silence(self) -> bool {
        self == Self::SILENCE
    }

    /// Whether a syllable can be built on it.
    pub fn is_vowel(self) -> bool {
        let name = self.name();
        match name.strip_prefix(PORTUGUESE) {
            Some(name) => name.starts_with(['a', 'e', 'E', 'i', 'o', 'O', 'u', '&', 'U', 'y']),
            None => name.starts_with(['a', 'e', 'i', 'o', 'u']),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Stress {
    #[default]
    None,
    Primary,
    Secondary,
}

/// A phone in its place in the sentence: what the acoustic model reads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PhoneToken {
    pub phone: Phone,
    /// Of the syllable that the phone is in.
    pub stress: Stress,
    /// Which word of the sentence the phone belongs to; none for silence.
    pub word: Option<u32>,
    /// How long the phone lasts, in seconds, where that is not for the model to say: a pause that the writer asked for.
    pub seconds: Option<f32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_phones() {
        for (index, name) in NAMES.iter().enumerate() {
            let phone = Phone(u8::try_from(index).unwrap());
            assert_eq!(phone.name(), *name);
            let found = match name.strip_prefix(PORTUGUESE) {
                Some(name) => Phone::named(Language::Portuguese, name),
                None => Phone::named(Language::English, name),
            };
            assert_eq!(found, Some(phone), "{name}");
        }
    }

    #[test]
    fn a_name_belongs_to_one_language() {
        assert_eq!(Phone::named(Language::English, "tS"), None);
        assert_eq!(Phone::named(Language::Portuguese, "ih"), None);
        assert_eq!(
            Phone::named(Language::Portuguese, "_:"),
            Some(Phone::SILENCE)
        );
        assert_eq!(
            Phone::named(Language::Portuguese, "s#"),
            Phone::named(Language::Portuguese, "s")
        );
    }

    #[test]
    fn vowels_carry_syllables() {
        let vowel = |language, name| Phone::named(language, name).unwrap().is_vowel();
        assert!(vowel(Language::English, "er") && vowel(Language::Portuguese, "&U~"));
        assert!(!vowel(Language::English, "hh") && !vowel(Language::Portuguese, "@-"));
    }
}
