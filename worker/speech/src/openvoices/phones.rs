//! The phones of a sentence in one line of text, with its marks, and where its words stand in it.

use std::ops::Range;

use futures::future::BoxFuture;
use kiskadee_text::{Boundary, Sentence};

use crate::{Clause, PhonemeStyle, Phonemizer, SpeechError};

/// Gives the phones of sentences.
pub(crate) trait FrontEnd: Send + Sync {
    fn phones<'a>(&'a self, sentence: &'a Sentence) -> BoxFuture<'a, Result<Phones, SpeechError>>;
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Phones {
    line: String,
    /// Of each word of the sentence; empty for one that is not heard.
    words: Vec<Range<usize>>,
}

impl Phones {
    /// Of words whose phones are known one by one.
    pub(crate) fn of_words(sentence: &Sentence, phones: &[String]) -> Self {
        let mut all = Self::default();
        for (word, phones) in sentence.words.iter().zip(phones) {
            if !all.line.is_empty() && !phones.is_empty() {
                all.line.push(' ');
            }
            let start = all.line.len();
            all.line.push_str(phones);
            all.words.push(start..all.line.len());
            all.line.extend(mark(word.boundary));
        }
        all
    }

    fn of_clauses(words: usize, clauses: &[Clause]) -> Self {
        let mut all = Self {
            line: String::new(),
            words: vec![0..0; words],
        };
        for clause in clauses {
            if !all.line.is_empty() && !clause.ipa.is_empty() {
                all.line.push(' ');
            }
            let start = all.line.len();
            all.line.push_str(&clause.ipa);
            all.line.extend(clause.mark);
            for said in &clause.words {
                if let Some(word) = all.words.get_mut(said.word) {
                    *word = start + said.phones.start..start + said.phones.end;
                }
            }
        }
        all
    }

    /// Every word in other symbols; what stands between them stays.
    fn spelled(self, spell: impl Fn(&str) -> String) -> Self {
        let mut order: Vec<usize> = (0..self.words.len()).collect();
        order.retain(|word| self.words.get(*word).is_some_and(|word| !word.is_empty()));
        order.sort_by_key(|word| self.words.get(*word).map(|word| word.start));
        let mut spelled = Self {
            line: String::new(),
            words: vec![0..0; self.words.len()],
        };
        let mut done = 0;
        for index in order {
            let (Some(word), Some(place)) = (self.words.get(index), spelled.words.get_mut(index))
            else {
                continue;
            };
            let between = self.line.get(done..word.start).unwrap_or_default();
            spelled.line.push_str(between);
            let start = spelled.line.len();
            let phones = self.line.get(word.clone()).unwrap_or_default();
            spelled.line.push_str(&spell(phones));
            *place = start..spelled.line.len();
            done = word.end;
        }
        let rest = self.line.get(done..).unwrap_or_default();
        spelled.line.push_str(rest);
        spelled
    }

    /// How many symbols a word has, with what stands behind it.
    pub(crate) fn size(&self, word: usize) -> usize {
        let (line, _) = self.part(word..word + 1);
        line.chars().count() + 1
    }

    /// The part of the line with some of the words, and where those stand in it.
    pub(crate) fn part(&self, range: Range<usize>) -> (&str, Vec<Range<usize>>) {
        let words = self.words.get(range.clone()).unwrap_or_default();
        let sounding = |words: &[Range<usize>]| {
            let mut sounding = words.iter().filter(|word| !word.is_empty());
            sounding.next().map(|word| word.start)
        };
        let Some(start) = sounding(words) else {
            return ("", vec![0..0; words.len()]);
        };
        let behind = self.words.get(range.end..).unwrap_or_default();
        let end = sounding(behind).unwrap_or(self.line.len());
        let line = self.line.get(start..end).unwrap_or_default().trim_end();
        let place = |word: &Range<usize>| {
            if word.is_empty() {
                0..0
            } else {
                word.start - start..word.end - start
            }
        };
        (line, words.iter().map(place).collect())
    }
}

/// The mark that models know for a boundary.
fn mark(boundary: Boundary) -> Option<char> {
    match boundary {
        Boundary::None => None,
        Boundary::Minor | Boundary::Pause(_) => Some(','),
        Boundary::Major => Some(';'),
        Boundary::Statement | Boundary::Paragraph => Some('.'),
        Boundary::Question => Some('?'),
        Boundary::Exclamation => Some('!'),
    }
}

/// espeak-ng's phonemes.
pub(crate) struct EspeakPhones {
    pub(crate) phonemizer: std::sync::Arc<Phonemizer>,
    /// espeak-ng's name for the language.
    pub(crate) voice: String,
    pub(crate) style: PhonemeStyle,
    /// Its phonemes in the symbols of the model.
    pub(crate) spell: fn(&str) -> String,
}

impl FrontEnd for EspeakPhones {
    fn phones<'a>(&'a self, sentence: &'a Sentence) -> BoxFuture<'a, Result<Phones, SpeechError>> {
        Box::pin(async move {
            let Self {
                phonemizer,
                voice,
                style,
                spell,
            } = self;
            let clauses = phonemizer.phonemize(voice, *style, &sentence.words).await?;
            Ok(Phones::of_clauses(sentence.words.len(), &clauses).spelled(spell))
        })
    }
}

#[cfg(test)]
#[expect(
    clippy::single_range_in_vec_init,
    reason = "single ranges are what is meant"
)]
mod tests {
    use kiskadee_text::{Language, normalize};

    use super::*;
    use crate::WordPhones;

    fn said(word: usize, phones: Range<usize>) -> WordPhones {
        WordPhones { word, phones }
    }

    #[test]
    fn words_stand_in_the_line_with_their_marks() {
        let sentence = normalize("One, two three!", Language::English).remove(0);
        let phones = ["wˈʌn", "", "θɹˈi"].map(str::to_owned);
        let phones = Phones::of_words(&sentence, &phones);
        assert_eq!(phones.part(0..3).0, "wˈʌn, θɹˈi!");
        assert_eq!(phones.part(0..1), ("wˈʌn,", vec![0..6]));
        assert_eq!(phones.part(1..2), ("", vec![0..0]));
        assert_eq!(phones.part(1..3), ("θɹˈi!", vec![0..0, 0..7]));
        assert_eq!(phones.size(0), 6);
    }

    #[test]
    fn clauses_follow_each_other_and_words_may_be_joined() {
        let clauses = [
            Clause {
                ipa: "ʌvðə hˈaʊs".to_owned(),
                mark: Some(','),
                words: vec![said(0, 0..3), said(1, 3..7), said(2, 8..15)],
            },
            Clause {
                ipa: "nˈoʊ".to_owned(),
                mark: Some('.'),
                words: vec![said(3, 0..6)],
            },
        ];
        let phones = Phones::of_clauses(4, &clauses);
        let (line, words) = phones.part(0..4);
        assert_eq!(line, "ʌvðə hˈaʊs, nˈoʊ.");
        let said: Vec<&str> = words.into_iter().map(|word| &line[word]).collect();
        assert_eq!(said, ["ʌv", "ðə", "hˈaʊs", "nˈoʊ"]);
        assert_eq!(phones.part(1..3).0, "ðə hˈaʊs,");
    }
}
