//! Sentences to be read aloud: who records them needs no transcription, and soon has said every phone.

use kiskadee_text::Language;

/// The first `count` sentences of a language, by its tag (`en`, `pt`, `pt-BR`); there are some hundreds. The first dozens have all phones, and what
/// follows the most pairs of phones that were not there yet.
///
/// None for a language without sentences.
pub fn prompts(language: &str, count: usize) -> Option<Vec<&'static str>> {
    let language = Language::from_tag(language)?;
    Some(kiskadee_text::prompts(language).take(count).collect())
}
