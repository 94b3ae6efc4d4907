//! What each language says for numbers and signs, one file a language.

mod czech;
mod dutch;
mod french;
mod german;
mod italian;
mod polish;
mod russian;
mod slavic;
mod spanish;

use super::{TranscriptLanguage, spelling::Spelling};

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
    }
}
