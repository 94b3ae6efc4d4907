//! Words to phones, in English and Brazilian Portuguese.
//!
//! A word is looked up, else its form is taken apart, else its letters are read by rules that were learned from the words of
//! the teacher ([`Letters`]). What its writer gave goes before all of that.

mod given;
mod heteronym;
mod ipa;
mod letters;
mod lexicon;
mod phone;
mod portuguese;
mod reading;
mod sound;
mod syllable;
mod vowels;
mod word;

pub use phone::{Phone, PhoneToken, Stress};

use kiskadee_text::{Boundary, Language, Sentence, Word};

pub use given::GivenError;
pub use letters::{EDGE, Letters, LettersError, Node, REACH, neighbour};
pub use lexicon::{Lexicon, LexiconError};
pub use reading::{ReadPause, ReadSentence, ReadWord};
pub use sound::Sound;
pub use syllable::stresses;

use self::word::Words;

const ENGLISH_RULES: &[u8] = include_bytes!("../lexicon/english.rules");
const ENGLISH_LEXICON: &[u8] = include_bytes!("../lexicon/english.lexicon");
const PORTUGUESE_RULES: &[u8] = include_bytes!("../lexicon/portuguese.rules");
const PORTUGUESE_LEXICON: &[u8] = include_bytes!("../lexicon/portuguese.lexicon");

/// Why a sentence has no pronunciation.
#[derive(Debug, thiserror::Error)]
pub enum PronunciationError {
    #[error(transparent)]
    Lexicon(#[from] LexiconError),
    #[error(transparent)]
    Letters(#[from] LettersError),
    /// The writer gave phones that there are not.
    #[error("the pronunciation given for `{word}` cannot be read: {source}")]
    Given {
        word: String,
        #[source]
        source: GivenError,
    },
}

/// Whether phones that a writer gave, by name or in the International Phonetic Alphabet, can be said in a language.
pub fn is_readable(language: Language, phones: &str) -> bool {
    given::parse(language, phones).is_ok()
}

/// Says how the words of a language are said.
pub struct Pronouncer(Words);

impl Pronouncer {
    /// With the lexicon and the rules that come with the program.
    pub fn built_in(language: Language) -> Result<Self, PronunciationError> {
        let (lexicon, rules) = match language {
            Language::English => (ENGLISH_LEXICON, ENGLISH_RULES),
            Language::Portuguese => (PORTUGUESE_LEXICON, PORTUGUESE_RULES),
        };
        Ok(Self(Words {
            language,
            lexicon: Lexicon::load(lexicon)?,
            letters: Letters::load(rules)?,
        }))
    }

    pub fn language(&self) -> Language {
        self.0.language
    }

    /// The phones of a sentence, with silence at both ends and at its boundaries. A word's place in the sentence is the number
    /// of its phones.
    ///
    /// Errors: a pronunciation that the writer gave cannot be read.
    pub fn pronounce(&self, sentence: &Sentence) -> Result<Vec<PhoneToken>, PronunciationError> {
        let mut tokens = vec![silence(None)];
        for (index, word) in sentence.words.iter().enumerate() {
            let before = index
                .checked_sub(1)
                .and_then(|before| sentence.words.get(before));
            let after = sentence.words.get(index + 1);
            self.say(word, (before, after), index as u32, &mut tokens)?;
            if after.is_some() {
                tokens.extend(pause(word.boundary));
            }
        }
        let last = sentence.words.last().map(|word| word.boundary);
        tokens.push(silence(last.and_then(seconds)));
        Ok(tokens)
    }

    fn say(
        &self,
        word: &Word,
        (before, after): (Option<&Word>, Option<&Word>),
        index: u32,
        tokens: &mut Vec<PhoneToken>,
    ) -> Result<(), PronunciationError> {
        let sounds = match &word.pronunciation {
            Some(given) => given::parse(self.0.language, given).map_err(|source| {
                PronunciationError::Given {
                    word: word.text.clone(),
                    source,
                }
            })?,
            None if word.spelled => self.0.letter(&word.text),
            None => self.in_place(
                &word.text,
                before,
                after.filter(|_| word.boundary == Boundary::None),
            ),
        };
        let stresses = syllable::stresses(self.0.language, &sounds);
        tokens.extend(
            sounds
                .iter()
                .zip(stresses)
                .map(|(sound, stress)| PhoneToken {
                    phone: sound.phone(),
                    stress,
                    word: Some(index),
                    seconds: None,
                }),
        );
        Ok(())
    }

    /// A word as its neighbours have it said.
    fn in_place(&self, text: &str, before: Option<&Word>, after: Option<&Word>) -> Vec<Sound> {
        if self.0.language == Language::English {
            let before = before
                .filter(|word| word.boundary == Boundary::None)
                .map(|word| word.text.as_str());
            if let Some(phones) = heteronym::pronunciation(text, before) {
                return word::parse(Language::English, phones);
            }
            if text == "the" && after.is_some_and(|word| self.begins_with_vowel(word)) {
                return word::parse(Language::English, "dh iy");
            }
        }
        let mut sounds = self.0.sounds(text);
        if self.0.language == Language::Portuguese
            && let Some(next) = after.and_then(|word| self.first_phone(word))
        {
            portuguese::join(&mut sounds, next);
        }
        sounds
    }

    fn begins_with_vowel(&self, word: &Word) -> bool {
        self.first_phone(word).is_some_and(Phone::is_vowel)
    }

    fn first_phone(&self, word: &Word) -> Option<Phone> {
        let sounds = if word.spelled {
            self.0.letter(&word.text)
        } else {
            self.0.sounds(&word.text)
        };
        sounds.first().map(|sound| sound.phone())
    }
}

/// What is heard at a boundary within a sentence.
fn pause(boundary: Boundary) -> Option<PhoneToken> {
    (boundary != Boundary::None).then(|| silence(seconds(boundary)))
}

fn seconds(boundary: Boundary) -> Option<f32> {
    match boundary {
        Boundary::Pause(length) => Some(length.as_secs_f32()),
        _ => None,
    }
}

fn silence(seconds: Option<f32>) -> PhoneToken {
    PhoneToken {
        phone: Phone::SILENCE,
        stress: Stress::None,
        word: None,
        seconds,
    }
}
