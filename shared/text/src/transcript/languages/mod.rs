//! What each language says for numbers and signs, one file a language.

mod arabic;
mod chinese;
mod czech;
mod dutch;
mod french;
mod german;
mod hindi;
mod hungarian;
mod italian;
mod japanese;
mod korean;
mod polish;
mod russian;
mod slavic;
mod spanish;
mod turkish;

use super::{TranscriptError, TranscriptLanguage, spelling::Spelling};

/// None for the languages that are read by rules of their own.
pub(super) fn spelling(language: TranscriptLanguage) -> Option<&'static Spelling> {
    match language {
        TranscriptLanguage::English | TranscriptLanguage::Portuguese => None,
        TranscriptLanguage::Spanish => Some(&spanish::SPELLING),
        TranscriptLanguage::French => Some(&french::SPELLING),
        TranscriptLanguage::German => Some(&german::SPELLING),
        TranscriptLanguage::Italian => Some(&italian::SPELLING),
        TranscriptLanguage::Polish => Some(&polish::SPELLING),
        TranscriptLanguage::Russian => Some(&russian::SPELLING),
        TranscriptLanguage::Dutch => Some(&dutch::SPELLING),
        TranscriptLanguage::Czech => Some(&czech::SPELLING),
        TranscriptLanguage::Turkish => Some(&turkish::SPELLING),
        TranscriptLanguage::Arabic => Some(&arabic::SPELLING),
        TranscriptLanguage::Chinese => Some(&chinese::SPELLING),
        TranscriptLanguage::Hungarian => Some(&hungarian::SPELLING),
        TranscriptLanguage::Korean => Some(&korean::SPELLING),
        TranscriptLanguage::Japanese => Some(&japanese::SPELLING),
        TranscriptLanguage::Hindi => Some(&hindi::SPELLING),
    }
}

/// A clean text in Latin letters, where models read the language in these.
pub(super) fn romanized(
    text: String,
    language: TranscriptLanguage,
) -> Result<String, TranscriptError> {
    match language {
        TranscriptLanguage::Chinese => chinese::romanize(&text),
        TranscriptLanguage::Korean => korean::romanize(&text),
        TranscriptLanguage::Japanese => japanese::romanize(&text),
        _ => Ok(text),
    }
}
