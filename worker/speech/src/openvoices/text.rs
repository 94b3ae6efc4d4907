//! Texts to sentences of words, in any language that a voice speaks.

use std::ops::Range;

use kiskadee_text::{Language, Sentence, as_written, plain_text, read, written_case};

use crate::{SpeechError, SpeechRequest};

/// Longest sentence of a language whose texts are not written out here, in characters.
const MOST_CHARS: usize = 300;

/// How texts of a language are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Figures and signs are written out in words.
    WrittenOut(Language),
    /// As it is written, by the language's tag: whoever gives the phones reads figures and signs.
    AsWritten(String),
}

impl Reading {
    pub(crate) fn of_tag(tag: &str) -> Self {
        match Language::from_tag(tag) {
            Some(language) => Self::WrittenOut(language),
            None => Self::AsWritten(tag.to_owned()),
        }
    }

    /// The sentences of a request's text; none where there is no word in it. Sources of words are bytes of `text`. Phones that a writer gave and for which
    /// `is_readable` is false are passed over where they come from the dictionary.
    pub(crate) fn sentences(
        &self,
        request: &SpeechRequest,
        is_readable: impl Fn(&str) -> bool,
    ) -> Result<Vec<Sentence>, SpeechError> {
        let SpeechRequest {
            text,
            text_format: format,
            dictionary,
            ..
        } = request;
        Ok(match self {
            Self::WrittenOut(language) => {
                let mut sentences = read(text, *format, *language, dictionary, is_readable)?;
                sentences.retain(|sentence| !sentence.words.is_empty());
                sentences
            }
            Self::AsWritten(tag) => {
                let plain = plain_text(text, *format, tag, dictionary)?;
                let mut sentences = as_written(&plain, MOST_CHARS);
                if plain != *text {
                    locate(&mut sentences, text);
                }
                sentences
            }
        })
    }

    /// The words with the capitals of their writer, which tell espeak-ng something.
    pub(crate) fn restore_capitals(&self, text: &str, sentences: &mut [Sentence]) {
        let Self::WrittenOut(language) = self else {
            return;
        };
        for word in sentences
            .iter_mut()
            .flat_map(|sentence| &mut sentence.words)
        {
            word.text = written_case(word, text, *language).into_owned();
        }
    }
}

/// Finds the words in the text that they were taken from, in their order and outside of tags. One that stands for another, such as
/// an alias, stays where the word before it ends.
fn locate(sentences: &mut [Sentence], text: &str) {
    let mut from = 0;
    for word in sentences
        .iter_mut()
        .flat_map(|sentence| &mut sentence.words)
    {
        word.source = find(&word.text, text, from).unwrap_or(from..from);
        from = word.source.end;
    }
}

fn find(word: &str, text: &str, from: usize) -> Option<Range<usize>> {
    let places = text.get(from..)?.match_indices(word);
    let places = places.map(|(at, _)| from + at);
    let in_tag = |at: usize| {
        let before = text.get(..at).unwrap_or_default();
        before.rfind('<') > before.rfind('>')
    };
    let mut outside = places.filter(|at| !in_tag(*at));
    outside.next().map(|at| at..at + word.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(tag: &str, text: &str) -> Vec<(String, String)> {
        let reading = Reading::of_tag(tag);
        let read = reading.sentences(&SpeechRequest::new(text, tag), |_| true);
        let mut sentences = read.unwrap();
        reading.restore_capitals(text, &mut sentences);
        let words = sentences.into_iter().flat_map(|sentence| sentence.words);
        words
            .map(|word| (word.text, text[word.source].to_owned()))
            .collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = expected
            .iter()
            .map(|(word, source)| ((*word).to_owned(), (*source).to_owned()));
        owned.collect()
    }

    #[test]
    fn figures_are_written_out_where_we_can() {
        let expected = [
            ("May", "May"),
            ("has", "has"),
            ("two", "2"),
            ("cats", "cats"),
        ];
        assert_eq!(words("en-GB", "May has 2 cats."), pairs(&expected));
        let expected = [
            ("Marie", "Marie"),
            ("a", "a"),
            ("2", "2"),
            ("chats", "chats"),
        ];
        assert_eq!(words("fr", "Marie a 2 chats."), pairs(&expected));
    }

    #[test]
    fn words_of_ssml_are_found_in_it() {
        let text =
            r#"<speak><p>break <break time="1s"/> la <sub alias="ehm">x</sub> pause</p></speak>"#;
        let found = words("fr", text);
        assert_eq!(found[0], ("break".to_owned(), "break".to_owned()));
        assert_eq!(found.last().unwrap().1, "pause");
        assert!(found.contains(&("ehm".to_owned(), String::new())));
    }

    #[test]
    fn a_text_without_words_has_no_sentences() {
        for tag in ["it", "en"] {
            for text in ["", "…", "<speak><break/></speak>"] {
                let read = Reading::of_tag(tag).sentences(&SpeechRequest::new(text, tag), |_| true);
                assert_eq!(read, Ok(Vec::new()), "{text}");
            }
        }
    }
}
