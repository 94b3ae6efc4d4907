//! Gives the words of a block what the elements say about them.

use std::{ops::Range, time::Duration};

use kiskadee_markup::{Saying, Style};

use super::{
    block::{Block, Part},
    said_as,
};
use crate::{
    Boundary, Emphasis, Language, Prosody, Sentence, Word, normalize::words, reading::spoken_words,
};

/// The sentences were read from the block's text; their sources are then bytes of the input.
pub(super) fn dress(block: &Block, sentences: &mut [Sentence], language: Language) {
    for sentence in sentences.iter_mut() {
        sentence.words = said(block, std::mem::take(&mut sentence.words), language);
        for word in &mut sentence.words {
            if let Some(part) = block.part(word.source.start) {
                word.prosody = prosody(part.origin.style);
            }
        }
    }
    for (at, pause) in &block.pauses {
        insert(sentences, *at, *pause);
    }
    for word in sentences
        .iter_mut()
        .flat_map(|sentence| &mut sentence.words)
    {
        word.source = block.source(&word.source);
    }
}

/// The words with what is said in place of stand-ins.
fn said(block: &Block, words: Vec<Word>, language: Language) -> Vec<Word> {
    let mut said = Vec::with_capacity(words.len());
    for word in words {
        let part = block.part(word.source.start);
        match part.filter(|part| part.range == word.source) {
            Some(part) => replace(part, word, language, &mut said),
            None => said.push(word),
        }
    }
    said
}

fn replace(part: &Part, word: Word, language: Language, said: &mut Vec<Word>) {
    let before = said.len();
    match &part.origin.saying {
        Saying::Written | Saying::Alias(_) => said.push(word),
        Saying::Phones(phones) => said.push(Word {
            text: first_words(&part.origin.text, language),
            pronunciation: Some(phones.clone()),
            ..word
        }),
        Saying::As(kind) => {
            let spoken = said_as(*kind, &part.origin.text, language);
            said.extend(spoken_words(&spoken, &word.source));
            match said.get_mut(before..).and_then(<[Word]>::last_mut) {
                Some(last) => last.boundary = word.boundary,
                None => move_boundary(said, word.boundary),
            }
        }
    }
}

/// A word that says nothing leaves its boundary to the word before.
fn move_boundary(said: &mut [Word], boundary: Boundary) {
    if let Some(last) = said.last_mut() {
        last.boundary = boundary;
    }
}

fn first_words(text: &str, language: Language) -> String {
    let words: Vec<String> = words(text, 0, language)
        .into_iter()
        .map(|word| word.text)
        .collect();
    words.concat()
}

/// Puts a pause behind the last word that ends before it: in the sentence, or behind the whole of it.
fn insert(sentences: &mut [Sentence], at: usize, pause: Duration) {
    let begun = |source: &Range<usize>| source.end <= at;
    let sentence = sentences
        .iter_mut()
        .rfind(|sentence| sentence.words.iter().any(|word| begun(&word.source)));
    let Some(sentence) = sentence else {
        if let Some(first) = sentences.first_mut() {
            first.lead += pause;
        }
        return;
    };
    let last = sentence.words.len() - 1;
    let index = sentence.words.iter().rposition(|word| begun(&word.source));
    match sentence.words.get_mut(index.unwrap_or(last)) {
        Some(word) if index < Some(last) => word.boundary = paused(word.boundary, pause),
        _ => sentence.trail += pause,
    }
}

/// Pauses add up; one of no length takes away what the text has.
fn paused(boundary: Boundary, pause: Duration) -> Boundary {
    match boundary {
        Boundary::Pause(before) => Boundary::Pause(before + pause),
        _ if pause.is_zero() => Boundary::None,
        _ => Boundary::Pause(pause),
    }
}

fn prosody(style: Style) -> Prosody {
    Prosody {
        rate: style.rate,
        pitch: style.pitch,
        volume: style.volume,
        emphasis: match style.emphasis {
            kiskadee_markup::Emphasis::Reduced => Emphasis::Reduced,
            kiskadee_markup::Emphasis::None => Emphasis::None,
            kiskadee_markup::Emphasis::Moderate => Emphasis::Moderate,
            kiskadee_markup::Emphasis::Strong => Emphasis::Strong,
        },
    }
}
