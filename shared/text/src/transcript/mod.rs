//! Written text as transcripts: lower-case words and marks, without figures and signs, for models that read
//! characters themselves.
//!
//! English and Portuguese are read by the rules of [`crate::read`]; the words are then written down again. The other
//! languages are cleaned: numbers, money, abbreviations and signs are written out, and the rest stays as it is.

mod amounts;
mod cleaning;
mod figures;
mod joining;
mod language;
mod languages;
mod letters;
mod passages;
mod sentences;
mod spelling;
mod writing;

use std::time::Duration;

use thiserror::Error;

pub use self::language::TranscriptLanguage;
use crate::{Dictionary, Language, SsmlError, TextFormat};

/// A stretch of text that is spoken in one go: a sentence, several short ones, or a piece of a long one.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// Never without a letter.
    pub transcript: String,
    /// Silence that the writer asked for, before and after what the voice itself leaves.
    pub lead: Duration,
    pub trail: Duration,
    /// The share of the whole transcript, from 0 to 1, that is spoken when this passage has been.
    pub spoken: f32,
}

/// Why a text has no transcript.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TranscriptError {
    /// The text is SSML that cannot be read, or names another language.
    #[error(transparent)]
    Ssml(#[from] SsmlError),
    /// The language needs something that is not there; the text says what to install.
    #[error("{0}")]
    Unavailable(String),
}

/// Reads a text in this format into passages of at most `most_chars` characters of transcript.
///
/// Sentences are put together as long as they fit, and cut at commas, then words, then characters where they do not. A
/// pause that the writer asked for ends a passage. A text with nothing to say has none.
///
/// Aliases of the dictionary are spoken; phones, given by it or by the text, are passed over, so their words are said as
/// written. Styles (pace, pitch, loudness) are left out.
pub fn passages(
    text: &str,
    format: TextFormat,
    language: TranscriptLanguage,
    dictionary: &Dictionary,
    most_chars: usize,
) -> Result<Vec<Passage>, TranscriptError> {
    let stretches = stretches(text, format, language, dictionary)?;
    Ok(passages::pack(stretches, most_chars))
}

/// One plain text as the model's tokenizer wants it, without splitting.
pub fn transcript(text: &str, language: TranscriptLanguage) -> Result<String, TranscriptError> {
    let stretches = match rules(language) {
        Some(rules) => joining::join(&crate::normalize(text, rules), text, rules),
        None => sentences::read(&[(text.to_owned(), Duration::ZERO)], language)?,
    };
    let transcripts: Vec<String> = stretches
        .into_iter()
        .map(|stretch| stretch.transcript)
        .filter(|transcript| !transcript.is_empty())
        .collect();
    Ok(transcripts.join(" "))
}

/// Silence behind a paragraph, beyond what a sentence leaves.
const PARAGRAPH: Duration = Duration::from_millis(300);

/// A sentence, or what of it stands before or after a pause.
#[derive(Debug, Default, PartialEq)]
struct Stretch {
    transcript: String,
    lead: Duration,
    trail: Duration,
}

fn stretches(
    text: &str,
    format: TextFormat,
    language: TranscriptLanguage,
    dictionary: &Dictionary,
) -> Result<Vec<Stretch>, TranscriptError> {
    if let Some(rules) = rules(language) {
        let sentences = crate::read(text, format, rules, dictionary, |_| false)?;
        return Ok(joining::join(&sentences, text, rules));
    }
    let texts = crate::marked::paused_texts(text, format, language.tag(), dictionary)?;
    sentences::read(&texts, language)
}

/// The language whose rules read a text word by word.
fn rules(language: TranscriptLanguage) -> Option<Language> {
    match language {
        TranscriptLanguage::English => Some(Language::English),
        TranscriptLanguage::Portuguese => Some(Language::Portuguese),
        _ => None,
    }
}
