//! How a text will be spoken, to be looked at: its sentences, their words, and each word's phones.

use std::ops::Range;

use kiskadee_text::{Boundary, Sentence, Word};
use serde::Serialize;

use crate::{PhoneToken, Pronouncer, PronunciationError, Stress, ipa};

/// A sentence as it will be spoken.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReadSentence {
    /// Its words with blanks between them.
    pub spoken: String,
    /// Silence that the text asks for before it, in milliseconds.
    pub pause_before_ms: u64,
    /// Silence that the text asks for behind it, in milliseconds.
    pub pause_after_ms: u64,
    pub words: Vec<ReadWord>,
}

/// A word as it will be spoken.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReadWord {
    /// In lower case, without figures or signs: `21` is the words `twenty` and `one`. A letter that is called by its name is a
    /// capital.
    #[cfg_attr(feature = "openapi", schema(example = "twenty"))]
    pub word: String,
    /// What it stands for in the text, markup included.
    #[cfg_attr(feature = "openapi", schema(example = "21"))]
    pub written: String,
    /// Where that begins in the text, in characters.
    pub start: usize,
    /// Where that ends, in characters.
    pub end: usize,
    /// Its phones by the names of the embedded engine, `1` behind a stressed vowel.
    #[cfg_attr(feature = "openapi", schema(example = "t w eh1 n t iy"))]
    pub phones: String,
    /// The same in the International Phonetic Alphabet, as a dictionary takes it back.
    #[cfg_attr(feature = "openapi", schema(example = "ˈtwɛntiː"))]
    pub ipa: String,
    /// Whether a dictionary or the text itself gave the phones.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub given: bool,
    /// What is heard behind it: nothing where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause: Option<ReadPause>,
}

/// What is heard behind a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ReadPause {
    /// As at a comma.
    Minor,
    /// As at a colon.
    Major,
    Statement,
    Question,
    Exclamation,
    /// The end of a paragraph.
    Paragraph,
    /// A pause of this length in milliseconds.
    Milliseconds(u64),
}

impl Pronouncer {
    /// How the sentences of a text, normalised in the pronouncer's language, will be spoken.
    ///
    /// Errors: a pronunciation that the text gives cannot be read.
    pub fn reading(
        &self,
        text: &str,
        sentences: &[Sentence],
    ) -> Result<Vec<ReadSentence>, PronunciationError> {
        let mut places = Places::of(text);
        sentences
            .iter()
            .map(|sentence| self.read_sentence(text, &mut places, sentence))
            .collect()
    }

    fn read_sentence(
        &self,
        text: &str,
        places: &mut Places<'_>,
        sentence: &Sentence,
    ) -> Result<ReadSentence, PronunciationError> {
        let tokens = self.pronounce(sentence)?;
        let words: Vec<ReadWord> = sentence
            .words
            .iter()
            .enumerate()
            .map(|(index, word)| {
                let of_word = tokens
                    .iter()
                    .filter(|token| token.word == Some(index as u32));
                let phones: Vec<PhoneToken> = of_word.copied().collect();
                self.read_word(text, places, word, &phones)
            })
            .collect();
        Ok(ReadSentence {
            spoken: words
                .iter()
                .map(|word| word.word.as_str())
                .collect::<Vec<_>>()
                .join(" "),
            pause_before_ms: sentence.lead.as_millis() as u64,
            pause_after_ms: sentence.trail.as_millis() as u64,
            words,
        })
    }

    fn read_word(
        &self,
        text: &str,
        places: &mut Places<'_>,
        word: &Word,
        phones: &[PhoneToken],
    ) -> ReadWord {
        let source = places.characters(&word.source);
        ReadWord {
            word: shown(word),
            written: text.get(word.source.clone()).unwrap_or_default().to_owned(),
            start: source.start,
            end: source.end,
            phones: named(phones),
            ipa: ipa::written(self.language(), phones),
            given: word.pronunciation.is_some(),
            pause: pause(word.boundary),
        }
    }
}

/// A letter is a capital: `a` is a word, `A` the letter.
fn shown(word: &Word) -> String {
    match word.text.split_at_checked(1) {
        Some((letter, plural)) if word.spelled => letter.to_uppercase() + plural,
        _ => word.text.clone(),
    }
}

fn named(phones: &[PhoneToken]) -> String {
    let names = phones.iter().map(|token| {
        let name = token.phone.name().trim_start_matches("pt/");
        let is_stressed = token.stress == Stress::Primary && token.phone.is_vowel();
        format!("{name}{}", if is_stressed { "1" } else { "" })
    });
    names.collect::<Vec<_>>().join(" ")
}

fn pause(boundary: Boundary) -> Option<ReadPause> {
    Some(match boundary {
        Boundary::None => return None,
        Boundary::Minor => ReadPause::Minor,
        Boundary::Major => ReadPause::Major,
        Boundary::Statement => ReadPause::Statement,
        Boundary::Question => ReadPause::Question,
        Boundary::Exclamation => ReadPause::Exclamation,
        Boundary::Paragraph => ReadPause::Paragraph,
        Boundary::Pause(length) => ReadPause::Milliseconds(length.as_millis() as u64),
    })
}

/// Counts the characters before a byte. Words come in the order of the text, so each stretch is counted once.
struct Places<'a> {
    text: &'a str,
    byte: usize,
    characters: usize,
}

impl<'a> Places<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            text,
            byte: 0,
            characters: 0,
        }
    }

    fn characters(&mut self, bytes: &Range<usize>) -> Range<usize> {
        let start = self.before(bytes.start);
        // Words that share a range begin where the last one did, so the end is counted from the start and not kept.
        let length = self.count(bytes.start, bytes.end);
        start..start + length
    }

    fn before(&mut self, byte: usize) -> usize {
        if byte < self.byte {
            (self.byte, self.characters) = (0, 0);
        }
        self.characters += self.count(self.byte, byte);
        self.byte = byte;
        self.characters
    }

    fn count(&self, from: usize, to: usize) -> usize {
        self.text
            .get(from..to)
            .map_or(0, |part| part.chars().count())
    }
}

#[cfg(test)]
mod tests {
    use kiskadee_text::{Dictionary, Entry, Language, normalize};

    use super::*;

    fn read(language: Language, text: &str) -> Vec<ReadSentence> {
        let pronouncer = Pronouncer::built_in(language).unwrap();
        pronouncer
            .reading(text, &normalize(text, language))
            .unwrap()
    }

    #[test]
    fn a_word_tells_where_it_stands_and_how_it_is_said() {
        let sentences = read(Language::Portuguese, "Ação! São 21 GB, né?");
        assert_eq!(sentences.len(), 2);
        assert_eq!(sentences[1].spoken, "são vinte e um gigabytes né");
        let twenty = &sentences[1].words[1];
        assert_eq!(
            (twenty.word.as_str(), twenty.written.as_str()),
            ("vinte", "21 GB")
        );
        assert_eq!((twenty.start, twenty.end), (10, 15));
        assert_eq!(
            sentences[1].words.last().unwrap().pause,
            Some(ReadPause::Question)
        );
        let action = &sentences[0].words[0];
        assert_eq!(
            (action.phones.as_str(), action.ipa.as_str()),
            ("a s &U~1", "aˈsɐ̃w̃")
        );
    }

    #[test]
    fn letters_are_capitals_and_what_was_given_is_told() {
        let entry = ("Nguyen".to_owned(), Entry::Pronounced("w ih1 n".to_owned()));
        let text = "A USB for Nguyen";
        let mut sentences = normalize(text, Language::English);
        Dictionary::new([entry]).apply(text, &mut sentences, Language::English, |_| true);
        let pronouncer = Pronouncer::built_in(Language::English).unwrap();
        let words = &pronouncer.reading(text, &sentences).unwrap()[0].words;
        let shown: Vec<&str> = words.iter().map(|word| word.word.as_str()).collect();
        assert_eq!(shown[..4], ["a", "U", "S", "B"]);
        let name = words.last().unwrap();
        assert!(name.given && !words[0].given);
        assert_eq!(
            (name.phones.as_str(), name.ipa.as_str()),
            ("w ih1 n", "wɪn")
        );
    }
}
