//! What is read aloud says everything that can be said.

use std::collections::BTreeSet;

use kiskadee_dataset::prompts::prompts;
use kiskadee_dataset::report::{BuiltInPhones, Phones};

fn phones(language: &str, count: usize) -> BTreeSet<String> {
    let built_in = BuiltInPhones::default();
    let sentences = prompts(language, count).unwrap();
    let phones = sentences
        .iter()
        .filter_map(|sentence| built_in.phones(sentence, language));
    phones.flatten().collect()
}

#[test]
fn the_first_sentences_have_all_phones() {
    for (language, known) in [("en", 39), ("pt-BR", 50)] {
        let (first, all) = (phones(language, 30), phones(language, 400));
        assert_eq!(first, all, "{language}");
        assert!(all.len() >= known, "{language}: {}", all.len());
    }
}

#[test]
fn more_than_there_are_is_all_and_an_unknown_language_none() {
    assert_eq!(prompts("en", 10_000).unwrap().len(), 400);
    assert_eq!(prompts("en", 3), prompts("en-GB", 3));
    assert_eq!(prompts("xx", 3), None);
}
