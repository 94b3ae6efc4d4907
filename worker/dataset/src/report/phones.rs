//! Which phones a text has.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use kiskadee_pronunciation::{Phone, Pronouncer};
use kiskadee_text::{Language, normalize};

const PORTUGUESE: &str = "pt/";

/// Whoever knows how texts are said.
pub trait Phones {
    /// The phones that a voice of the language is to know, by name; empty where the language is not known.
    fn inventory(&self, language: &str) -> Vec<String>;

    /// The phones of a text in their order, without silence.
    fn phones(&self, text: &str, language: &str) -> Option<Vec<String>>;
}

/// The pronunciation of the embedded voice: English and Portuguese. A language is loaded when it is asked for first.
#[derive(Default)]
pub struct BuiltInPhones {
    english: OnceLock<Option<Pronouncer>>,
    portuguese: OnceLock<Option<Pronouncer>>,
}

impl BuiltInPhones {
    fn of(&self, language: &str) -> Option<(&Pronouncer, Language)> {
        let language = Language::from_tag(language)?;
        let place = match language {
            Language::English => &self.english,
            Language::Portuguese => &self.portuguese,
        };
        let pronouncer = place.get_or_init(|| Pronouncer::built_in(language).ok());
        pronouncer.as_ref().map(|pronouncer| (pronouncer, language))
    }
}

impl Phones for BuiltInPhones {
    /// Those of the sentences that are offered to be read, so that what is missing can always be recorded.
    fn inventory(&self, language: &str) -> Vec<String> {
        let Some(tag) = Language::from_tag(language) else {
            return Vec::new();
        };
        let phones = kiskadee_text::prompts(tag).filter_map(|prompt| self.phones(prompt, language));
        let all: BTreeSet<String> = phones.flatten().collect();
        all.into_iter().collect()
    }

    fn phones(&self, text: &str, language: &str) -> Option<Vec<String>> {
        let (pronouncer, language) = self.of(language)?;
        let mut phones = Vec::new();
        for sentence in normalize(text, language) {
            let tokens = pronouncer.pronounce(&sentence).ok()?;
            phones.extend(tokens.iter().map(|token| token.phone));
        }
        let spoken = phones.into_iter().filter(|phone| !phone.is_silence());
        Some(spoken.map(name).collect())
    }
}

/// As the language's own inventory calls it.
fn name(phone: Phone) -> String {
    let name = phone.name();
    name.strip_prefix(PORTUGUESE).unwrap_or(name).to_owned()
}
