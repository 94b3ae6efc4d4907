//! Sentences to be read aloud, by those who record a voice.

use crate::Language;

const ENGLISH: &str = include_str!("../prompts/english.txt");
const PORTUGUESE: &str = include_str!("../prompts/portuguese.txt");

/// Everyday sentences of 5 to 15 words without figures, in an order in which the first ones have all phones of the language and each goes on with pairs
/// of phones that were not there yet. So whoever records the first so many has the most of them.
///
/// They were written for this project; `order_prompts`, an example of `worker/dataset`, chose and ordered them.
pub fn prompts(language: Language) -> impl Iterator<Item = &'static str> + Clone {
    let sentences = match language {
        Language::English => ENGLISH,
        Language::Portuguese => PORTUGUESE,
    };
    sentences.lines()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn prompts_are_sentences_that_can_be_read_at_sight() {
        for language in [Language::English, Language::Portuguese] {
            let mut seen = HashSet::new();
            for prompt in prompts(language) {
                let words = prompt.split_whitespace().count();
                assert!((5..=15).contains(&words), "{prompt}");
                assert!(prompt.ends_with(['.', '?', '!']), "{prompt}");
                assert!(
                    !prompt.contains(|c: char| c.is_numeric() || c.is_control()),
                    "{prompt}"
                );
                assert!(seen.insert(prompt), "twice: {prompt}");
            }
            assert_eq!(seen.len(), 400);
        }
    }
}
