//! Words that were read by the rules of a language, written down as a transcript.

use std::time::Duration;

use super::{PARAGRAPH, Stretch, letters};
use crate::{Boundary, Language, Sentence, Word, normalize};

/// One stretch a sentence, and more where it has pauses. `text` is what the sentences were read from.
pub(super) fn join(sentences: &[Sentence], text: &str, language: Language) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for sentence in sentences {
        let first = stretches.len();
        stretches.push(Stretch::default());
        for word in &sentence.words {
            let Some(stretch) = stretches.last_mut() else {
                break;
            };
            write(&mut stretch.transcript, word, text, language);
            if let Boundary::Pause(pause) = word.boundary {
                stretch.trail += pause;
                stretches.push(Stretch::default());
            }
        }
        if let Some(stretch) = stretches.get_mut(first) {
            stretch.lead += sentence.lead;
        }
        if let Some(stretch) = stretches.last_mut() {
            stretch.trail += sentence.trail + paragraph_end(sentence);
        }
    }
    stretches
}

fn paragraph_end(sentence: &Sentence) -> Duration {
    let last = sentence.words.last().map(|word| word.boundary);
    if last == Some(Boundary::Paragraph) {
        PARAGRAPH
    } else {
        Duration::ZERO
    }
}

fn write(transcript: &mut String, word: &Word, text: &str, language: Language) {
    if !transcript.is_empty() {
        transcript.push(' ');
    }
    let source = text.get(word.source.clone()).unwrap_or_default();
    let own = own_words(word, source, language);
    if own.is_empty() {
        transcript.push_str(&said(word, language));
    }
    for (index, word) in own.iter().enumerate() {
        if index > 0 {
            transcript.push(' ');
        }
        transcript.push_str(&said(word, language));
    }
    transcript.push_str(mark(word.boundary));
}

fn said(word: &Word, language: Language) -> String {
    if word.spelled {
        letters::name(&word.text, language)
    } else {
        word.text.clone()
    }
}

/// A word with phones stands for all words of its element; they are read anew.
fn own_words(word: &Word, source: &str, language: Language) -> Vec<Word> {
    if word.pronunciation.is_none() {
        return Vec::new();
    }
    normalize::words(source, 0, language)
}

fn mark(boundary: Boundary) -> &'static str {
    match boundary {
        Boundary::None => "",
        Boundary::Minor | Boundary::Pause(_) => ",",
        Boundary::Major => ";",
        Boundary::Statement | Boundary::Paragraph => ".",
        Boundary::Question => "?",
        Boundary::Exclamation => "!",
    }
}
