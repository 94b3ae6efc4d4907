//! Texts with marks, in SSML or others, as sentences of words.
//!
//! What is said stands in blocks of plain text, which are read like any text; the words then get the style, the phones
//! and the pauses of the elements that they stood in.

mod block;
mod dress;

use std::time::Duration;

use kiskadee_markup::{SayAs, SsmlError, TextFormat};

use self::block::Block;
use crate::{
    Dictionary, Language, Sentence, english, normalize, normalize::end_paragraph, portuguese,
};

/// The words of a text in this format, sentence by sentence; see [`normalize`]. Sources are bytes of `text`.
///
/// Entries of the dictionary count where the text itself says nothing about a word; phones for which `is_readable` is
/// false are passed over.
///
/// Errors: the text is SSML that cannot be read.
pub fn read(
    text: &str,
    format: TextFormat,
    language: Language,
    dictionary: &Dictionary,
    is_readable: impl Fn(&str) -> bool,
) -> Result<Vec<Sentence>, SsmlError> {
    let document = kiskadee_markup::read(text, format, language.tag())?;
    let mut spoken = Spoken::default();
    for block in Block::all(document.pieces) {
        let mut sentences = normalize(&block.text, language);
        dictionary.apply(&block.text, &mut sentences, language, &is_readable);
        dress::dress(&block, &mut sentences, language);
        spoken.push(&block, sentences);
    }
    Ok(spoken.finish())
}

/// A text as plain text for an engine that takes nothing else: aliases stand in the place of their words, pauses are
/// marks, and styles and phones are left out. A text without marks is as it was.
///
/// Errors: as [`read`].
pub fn plain_text(
    text: &str,
    format: TextFormat,
    language: &str,
    dictionary: &Dictionary,
) -> Result<String, SsmlError> {
    let blocks = Block::all(kiskadee_markup::read(text, format, language)?.pieces);
    if let [block] = &blocks[..]
        && block.text == text
    {
        return Ok(dictionary.rewrite(text).into_owned());
    }
    let written = blocks.iter().map(Block::written);
    let written: Vec<String> = written.filter(|block| !block.is_empty()).collect();
    Ok(dictionary.rewrite(&written.join("\n\n")).into_owned())
}

/// A text as for [`plain_text`], in stretches between pauses, each with the pause behind it. The first may be empty.
///
/// Errors: as [`read`].
pub(crate) fn paused_texts(
    text: &str,
    format: TextFormat,
    language: &str,
    dictionary: &Dictionary,
) -> Result<Vec<(String, Duration)>, SsmlError> {
    let blocks = Block::all(kiskadee_markup::read(text, format, language)?.pieces);
    let mut stretches = vec![(String::new(), Duration::ZERO)];
    for block in &blocks {
        block.write_paused(&mut stretches);
    }
    for (written, _) in &mut stretches {
        *written = dictionary.rewrite(written.trim()).into_owned();
    }
    Ok(stretches)
}

/// The silence that stands for a text without a word: what it asks for, or a short one.
pub fn silence(text: &str, format: TextFormat, language: &str) -> Duration {
    let document = kiskadee_markup::read(text, format, language);
    let pauses = document
        .map(|document| document.pauses())
        .unwrap_or_default();
    pauses.max(SHORT_SILENCE)
}

/// What is heard where there is nothing to say.
const SHORT_SILENCE: Duration = Duration::from_millis(250);

/// What `text` is in words when it is read in this way: as in [`crate::plain`], letters in capitals.
fn said_as(kind: SayAs, text: &str, language: Language) -> String {
    match language {
        Language::English => english::said_as(kind, text),
        Language::Portuguese => portuguese::said_as(kind, text),
    }
}

/// Sentences of all blocks, and the silence between them.
#[derive(Default)]
struct Spoken {
    sentences: Vec<Sentence>,
    /// Pauses of blocks without words, which the next sentence begins with.
    lead: Duration,
    paragraph_ended: bool,
}

impl Spoken {
    fn push(&mut self, block: &Block, mut sentences: Vec<Sentence>) {
        let Some(first) = sentences.first_mut() else {
            self.lead += block.pauses.iter().map(|(_, pause)| *pause).sum();
            self.paragraph_ended |= block.ends_paragraph;
            return;
        };
        first.lead += std::mem::take(&mut self.lead);
        if std::mem::replace(&mut self.paragraph_ended, block.ends_paragraph)
            && let Some(last) = self.sentences.last_mut()
        {
            end_paragraph(&mut last.words);
        }
        self.sentences.append(&mut sentences);
    }

    fn finish(mut self) -> Vec<Sentence> {
        if let Some(last) = self.sentences.last_mut() {
            last.trail += self.lead;
        }
        self.sentences
    }
}
