//! How sentences are said.
#![allow(clippy::expect_used, reason = "helpers of tests fail as tests do")]

use kiskadee_pronunciation::Pronouncer;
use kiskadee_text::{Language, normalize};

fn say(language: Language, text: &str) -> String {
    let pronouncer = Pronouncer::built_in(language).expect("it is built in");
    let tokens = normalize(text, language)
        .iter()
        .flat_map(|s| pronouncer.pronounce(s).expect("it can be said"))
        .collect::<Vec<_>>();
    let names: Vec<&str> = tokens
        .iter()
        .map(|token| token.phone.name().trim_start_matches("pt/"))
        .collect();
    names.join(" ")
}

#[test]
fn known_words_are_said_as_the_dictionary_has_them() {
    assert_eq!(
        say(Language::English, "The quick brown fox."),
        "pau dh ax k w ih k b r aw n f aa k s pau"
    );
    assert_eq!(
        say(Language::English, "An apple, please!"),
        "pau ae n ae p ax l pau p l iy z pau"
    );
}

#[test]
fn neighbours_change_words() {
    let english = |text| say(Language::English, text);
    assert!(english("The apple.").starts_with("pau dh iy ae"));
    assert!(english("I have read it.").contains("r eh d"));
    assert!(english("You should read it.").contains("r iy d"));
    assert!(english("They record a record.").contains("r ax k ao r d ax r eh k er d"));
}

#[test]
fn forms_and_letters_are_said() {
    let english = |text| say(Language::English, text);
    assert!(english("The FBI.").contains("eh f b iy ay"));
    assert!(english("Two CEOs.").ends_with("s iy iy ow z pau"));
    assert!(english("Zblorgish's house").contains("ax z hh aw s"));
    assert!(english("Kiskadee").len() > 15);
}

#[test]
fn portuguese_follows_its_spelling() {
    let portuguese = |text| say(Language::Portuguese, text);
    assert_eq!(portuguese("Coração."), "pau k o * a s &U~ pau");
    assert!(portuguese("tia").contains("tS i"));
    assert!(portuguese("Amanhã cedo").contains("n^"));
}

#[test]
fn whatever_is_written_is_said_without_breaking() {
    for language in [Language::English, Language::Portuguese] {
        let pronouncer = Pronouncer::built_in(language).expect("it is built in");
        let long = "pneumono".repeat(700);
        for text in [
            "'",
            "''s",
            "s'",
            "q",
            "çãõ",
            "xyzzy",
            "ñandú straße",
            long.as_str(),
            "a-b-c",
            "I'd've",
        ] {
            for sentence in normalize(text, language) {
                let tokens = pronouncer.pronounce(&sentence).expect("it is built in");
                let words = sentence.words.len() as u32;
                assert!(
                    tokens
                        .iter()
                        .all(|token| token.word.is_none_or(|word| word < words))
                );
                assert!(tokens.first().is_some_and(|token| token.phone.is_silence()));
            }
        }
    }
}

#[test]
fn an_asked_pause_keeps_its_length() {
    let mut sentence = normalize("One two", Language::English).remove(0);
    sentence.words[0].boundary =
        kiskadee_text::Boundary::Pause(std::time::Duration::from_millis(1500));
    let tokens = Pronouncer::built_in(Language::English)
        .expect("it can be said")
        .pronounce(&sentence)
        .expect("it is built in");
    assert_eq!(
        tokens
            .iter()
            .filter_map(|token| token.seconds)
            .collect::<Vec<_>>(),
        [1.5]
    );
}
