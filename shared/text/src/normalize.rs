//! From a text to sentences of words, and from these to plain text.

use crate::{
    Boundary, Language, Sentence, Word, english, portuguese,
    reading::strength,
    segment::{Pause, pieces},
};

/// The most characters of a sentence: more than anyone speaks in one breath.
const SENTENCE_CHARS: usize = 300;

/// The words of `text`, sentence by sentence, in the order of the text. Sentences without a word are left out.
///
/// The last word of a sentence always closes it, with [`Boundary::Statement`] where the text has no mark; one that
/// ends a paragraph with a statement has [`Boundary::Paragraph`] when another paragraph follows. Pieces of a
/// sentence that was cut end as the text does.
pub fn normalize(text: &str, language: Language) -> Vec<Sentence> {
    let mut sentences: Vec<Sentence> = Vec::new();
    let mut paragraph_ended = false;
    for piece in pieces(text, SENTENCE_CHARS) {
        let written = text.get(piece.range.clone()).unwrap_or_default();
        let mut words = words(written, piece.range.start, language);
        if matches!(piece.pause, Pause::Sentence | Pause::Paragraph) {
            raise(&mut words, Boundary::Statement);
        }
        if !words.is_empty() {
            if paragraph_ended && let Some(last) = sentences.last_mut() {
                end_paragraph(&mut last.words);
            }
            paragraph_ended = false;
            sentences.push(Sentence {
                words,
                ..Sentence::default()
            });
        }
        paragraph_ended |= piece.pause == Pause::Paragraph;
    }
    sentences
}

/// The words of one piece of text that begins at `offset` in the input.
pub(crate) fn words(sentence: &str, offset: usize, language: Language) -> Vec<Word> {
    match language {
        Language::English => english::words(sentence, offset),
        Language::Portuguese => portuguese::words(sentence, offset),
    }
}

/// The last word is followed by at least this boundary.
fn raise(words: &mut [Word], boundary: Boundary) {
    if let Some(last) = words.last_mut()
        && strength(last.boundary) < strength(boundary)
    {
        last.boundary = boundary;
    }
}

pub(crate) fn end_paragraph(words: &mut [Word]) {
    if let Some(last) = words.last_mut()
        && last.boundary == Boundary::Statement
    {
        last.boundary = Boundary::Paragraph;
    }
}

/// The sentences as text again, for engines that take text: words in lower case, letters said by name in capitals,
/// and a mark for each boundary. Pauses asked for in time become commas.
pub fn plain(sentences: &[Sentence]) -> String {
    let mut text = String::new();
    for word in sentences.iter().flat_map(|sentence| &sentence.words) {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push(' ');
        }
        if word.spelled {
            text.push_str(&capitalized(&word.text));
        } else {
            text.push_str(&word.text);
        }
        text.push_str(mark(word.boundary));
    }
    text.truncate(text.trim_end().len());
    text
}

/// `o's` (as in `CEOs`) to `O's`.
pub(crate) fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

fn mark(boundary: Boundary) -> &'static str {
    match boundary {
        Boundary::None => "",
        Boundary::Minor | Boundary::Pause(_) => ",",
        Boundary::Major => ";",
        Boundary::Statement => ".",
        Boundary::Question => "?",
        Boundary::Exclamation => "!",
        Boundary::Paragraph => ".\n\n",
    }
}
