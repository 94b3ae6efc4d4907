//! Texts in SSML, read as engines read them.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::time::Duration;

use kiskadee_text::{
    Boundary, Dictionary, Emphasis, Entry, Language, Sentence, TextFormat, Word, plain, plain_text,
    read,
};
use proptest::prelude::*;

fn sentences(text: &str) -> Vec<Sentence> {
    read(
        text,
        TextFormat::Auto,
        Language::English,
        &Dictionary::default(),
        |_| true,
    )
    .unwrap()
}

fn speak(inside: &str) -> Vec<Sentence> {
    sentences(&format!("<speak>{inside}</speak>"))
}

fn words(sentences: &[Sentence]) -> Vec<&Word> {
    sentences
        .iter()
        .flat_map(|sentence| &sentence.words)
        .collect()
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[test]
fn elements_say_how_their_text_is_read() {
    for (inside, expected) in [
        ("Pay $5 &amp; go.", "pay five dollars and go."),
        (
            "A <sub alias=\"World Wide Web\">WWW</sub> site",
            "a world wide web site.",
        ),
        (
            "Room <say-as interpret-as=\"digits\">404</say-as>, now",
            "room four zero four, now.",
        ),
        (
            "<say-as interpret-as=\"characters\">kiwi</say-as>?",
            "K I W I?",
        ),
        (
            "<say-as interpret-as=\"cardinal\">1999</say-as> men",
            "one thousand nine hundred ninety nine men.",
        ),
        (
            "the <say-as interpret-as=\"ordinal\">3</say-as> day",
            "the third day.",
        ),
        (
            "on <say-as interpret-as=\"date\" format=\"dmy\">4/7/2021</say-as>",
            "on july fourth, twenty twenty one.",
        ),
        ("un<emphasis>believ</emphasis>able", "unbelievable."),
        ("one<break/>two", "one, two."),
        ("I<phoneme ph=\"a\">saw</phoneme>it", "I saw it."),
        ("<p>One</p><p>two</p>", "one.\n\ntwo."),
        ("<s>One</s><s>two?</s>", "one. two?"),
    ] {
        assert_eq!(
            plain(&speak(inside)).to_lowercase(),
            expected.to_lowercase(),
            "{inside}"
        );
    }
}

#[test]
fn words_know_the_bytes_of_the_input() {
    let text = "<speak>The <emphasis>caf&#233;</emphasis> costs <sub alias=\"ten euros\">10E</sub>, <phoneme ph=\"x\">so there</phoneme>.</speak>";
    let sentences = sentences(text);
    let sources: Vec<&str> = words(&sentences)
        .iter()
        .map(|word| &text[word.source.clone()])
        .collect();
    assert_eq!(
        sources,
        ["The", "caf&#233;", "costs", "10E", "10E", "so there"]
    );
    assert_eq!(words(&sentences)[5].pronunciation.as_deref(), Some("x"));
    assert_eq!(words(&sentences)[5].boundary, Boundary::Statement);
}

#[test]
fn pauses_stand_where_they_are_asked_for() {
    let found = speak(
        "<break time=\"1s\"/>A b<break time=\"200ms\"/><break time=\"300ms\"/>, c.<break time=\"2s\"/> D <break time=\"0s\"/> e, f.<break time=\"3s\"/>",
    );
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!((found[0].lead, found[0].trail), (ms(1000), ms(2000)));
    assert_eq!((found[1].lead, found[1].trail), (ms(0), ms(3000)));
    assert_eq!(found[0].words[1].boundary, Boundary::Pause(ms(500)));
    assert_eq!(found[1].words[0].boundary, Boundary::None);
    assert_eq!(found[1].words[1].boundary, Boundary::Minor);
}

#[test]
fn pauses_between_paragraphs_go_to_the_next_sentence() {
    let found = speak("<p>One.</p><break time=\"1s\"/><p>Two.</p><break time=\"2s\"/>");
    let times: Vec<_> = found
        .iter()
        .map(|sentence| (sentence.lead, sentence.trail))
        .collect();
    assert_eq!(times, [(ms(0), ms(0)), (ms(1000), ms(2000))]);
    assert_eq!(found[0].words[0].boundary, Boundary::Paragraph);
}

#[test]
fn styles_hold_for_the_words_inside() {
    let found = speak(
        "a <prosody rate=\"50%\" pitch=\"+2st\" volume=\"-3dB\">b <emphasis level=\"strong\">c</emphasis></prosody> d",
    );
    let words = words(&found);
    let rates: Vec<f32> = words.iter().map(|word| word.prosody.rate).collect();
    assert_eq!(rates, [1.0, 0.5, 0.5, 1.0]);
    assert!(
        (words[1].prosody.pitch - 2.0).abs() < 1e-6 && (words[2].prosody.volume + 3.0).abs() < 1e-6
    );
    assert_eq!(words[2].prosody.emphasis, Emphasis::Strong);
    assert_eq!(words[1].prosody.emphasis, Emphasis::None);
}

#[test]
fn what_the_text_says_goes_before_the_dictionary() {
    let entries = [
        ("sql".to_owned(), Entry::Alias("sequel".to_owned())),
        ("lead".to_owned(), Entry::Pronounced("l eh d".to_owned())),
    ];
    let dictionary = Dictionary::new(entries);
    let text = "<speak>SQL <sub alias=\"squirrel\">SQL</sub> lead <phoneme ph=\"l iy d\">lead</phoneme></speak>";
    let found = read(
        text,
        TextFormat::Auto,
        Language::English,
        &dictionary,
        |_| true,
    )
    .unwrap();
    assert!(
        plain(&found).starts_with("sequel squirrel lead lead"),
        "{}",
        plain(&found)
    );
    let given: Vec<_> = words(&found)
        .iter()
        .map(|word| word.pronunciation.clone())
        .collect();
    assert_eq!(given[2].as_deref(), Some("l eh d"));
    assert_eq!(given[3].as_deref(), Some("l iy d"));
}

#[test]
fn faults_have_their_place() {
    let refused = |text: &str| {
        read(
            text,
            TextFormat::Auto,
            Language::English,
            &Dictionary::default(),
            |_| true,
        )
        .unwrap_err()
        .to_string()
    };
    assert!(refused("<speak>\n  <b>x</p></speak>").starts_with("line 2, column 7:"));
}

#[test]
fn plain_engines_get_plain_text() {
    let none = Dictionary::default();
    let text = "<speak><p>Ol&#225;<break time=\"1s\"/>mundo</p><p>Sala <say-as interpret-as=\"digits\">404</say-as> <sub alias=\"senhor\">Sr</sub>!</p></speak>";
    assert_eq!(
        plain_text(text, TextFormat::Auto, "fr", &none).unwrap(),
        "Olá, mundo\n\nSala 4 0 4 senhor!"
    );
    assert_eq!(
        plain_text("a < b", TextFormat::Auto, "fr", &none).unwrap(),
        "a < b"
    );
    assert!(plain_text("<speak>", TextFormat::Auto, "fr", &none).is_err());
}

proptest! {
    #[test]
    fn nothing_breaks_and_sources_stay_inside(
        inside in proptest::collection::vec(
            prop_oneof![
                "[a-zA-Z0-9 .,!?$é]{0,12}",
                Just("<break/>".to_owned()),
                Just("<emphasis>so</emphasis>".to_owned()),
                Just("<phoneme ph=\"t\">two words</phoneme>".to_owned()),
                Just("<say-as interpret-as=\"characters\">-%</say-as>".to_owned()),
                Just("<say-as interpret-as=\"cardinal\">12</say-as>".to_owned()),
                Just("<sub alias=\"New York\">NY</sub>".to_owned()),
                Just("<s>x</s>".to_owned()),
                Just("&amp;".to_owned()),
            ],
            0..12,
        )
    ) {
        let text = format!("<speak>{}</speak>", inside.concat());
        for language in [Language::English, Language::Portuguese] {
            let Ok(found) = read(&text, TextFormat::Auto, language, &Dictionary::default(), |_| true) else { continue };
            for word in words(&found) {
                prop_assert!(text.get(word.source.clone()).is_some_and(|source| !source.is_empty()));
                prop_assert!(!word.text.chars().any(|c| c.is_ascii_digit()) || word.pronunciation.is_some());
            }
        }
    }
}
