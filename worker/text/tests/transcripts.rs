//! Transcripts of English and Portuguese, which share the reading of the crate's other face.

use std::time::Duration;

use kiskadee_text::{
    Dictionary, Entry, Passage, TranscriptError, TranscriptLanguage, passages, transcript,
};

fn check(language: TranscriptLanguage, cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        let found = transcript(text, language);
        assert_eq!(found.as_deref(), Ok(*expected), "{text:?}");
    }
}

#[test]
fn english_is_written_in_words_and_marks() {
    check(
        TranscriptLanguage::English,
        &[
            (
                "Dr. Smith paid $20.50 for 3rd place & won 12% in 1999!",
                "doctor smith paid twenty dollars and fifty cents for third place and won twelve percent in nineteen ninety nine!",
            ),
            (
                "It is 1,234,567 or 3.14.",
                "it is one million two hundred thirty four thousand five hundred sixty seven or three point one four.",
            ),
            (
                "The 21st, at 3:30 p.m.",
                "the twenty first, at three thirty pee em.",
            ),
            (
                "On 12/25/2024 we met.",
                "on december twenty fifth, twenty twenty four we met.",
            ),
            (
                "He said: \"Go (now) - or stay?\"",
                "he said; go, now, or stay?",
            ),
            (
                "The FBI and two CEOs",
                "the eff bee eye and two see ee ohs.",
            ),
            ("€5 + £3 = ?", "five euros plus three pounds equals?"),
            (
                "Don't e-mail me@example.org",
                "don't ee mail me at example dot org.",
            ),
            ("", ""),
            ("...", ""),
        ],
    );
}

#[test]
fn portuguese_is_written_in_words_and_marks() {
    check(
        TranscriptLanguage::Portuguese,
        &[
            (
                "O Dr. Silva pagou R$ 20,50 pelo 3º lugar & ganhou 12% em 1999!",
                "o doutor silva pagou vinte reais e cinquenta centavos pelo terceiro lugar e ganhou doze por cento em mil novecentos e noventa e nove!",
            ),
            (
                "Você tem 1.234 amigas?",
                "você tem mil duzentas e trinta e quatro amigas?",
            ),
            (
                "São 14h30, faz -5 °C.",
                "são quatorze e trinta, faz menos cinco graus celsius.",
            ),
            ("O CPF e o RG", "o cê pê efe e o erre gê."),
        ],
    );
}

fn read(text: &str, most_chars: usize) -> Result<Vec<Passage>, TranscriptError> {
    let none = Dictionary::default();
    passages(text, TranscriptLanguage::English, &none, most_chars)
}

fn transcripts(passages: &[Passage]) -> Vec<&str> {
    passages
        .iter()
        .map(|passage| passage.transcript.as_str())
        .collect()
}

#[test]
fn sentences_are_packed_and_long_ones_are_cut() {
    let text = "One. Two! Is it three? A very long sentence, with a part behind its comma.";
    let found = read(text, 40).unwrap();
    assert_eq!(
        transcripts(&found),
        [
            "one. two! is it three?",
            "a very long sentence,",
            "with a part behind its comma."
        ]
    );
    assert!(found[0].spoken > 0.2 && found[0].spoken < found[1].spoken);
    assert!((found[2].spoken - 1.0).abs() < f32::EPSILON);
    assert_eq!(read(" \n ... ", 40), Ok(Vec::new()));
}

#[test]
fn pauses_part_passages() {
    let found = read(
        "<speak><break time=\"1s\"/>One <break time=\"500ms\"/>two. <p>Three.</p><p>Four.</p></speak>",
        100,
    )
    .unwrap();
    assert_eq!(transcripts(&found), ["one,", "two.", "three.", "four."]);
    let silence = |lead, trail| (Duration::from_millis(lead), Duration::from_millis(trail));
    let found: Vec<_> = found
        .iter()
        .map(|passage| (passage.lead, passage.trail))
        .collect();
    assert_eq!(
        found,
        [
            silence(1000, 500),
            silence(0, 300),
            silence(0, 300),
            silence(0, 0)
        ]
    );
}

#[test]
fn aliases_are_spoken_and_phones_are_passed_over() {
    let dictionary = Dictionary::new([
        ("SQL".to_owned(), Entry::Alias("sequel".to_owned())),
        ("Nguyen".to_owned(), Entry::Pronounced("wɪn".to_owned())),
    ]);
    let text = "<speak>SQL by Nguyen and <sub alias=\"the web\">W3C</sub>, \
                <phoneme alphabet=\"ipa\" ph=\"x\">New York</phoneme>.</speak>";
    let found = passages(text, TranscriptLanguage::English, &dictionary, 200).unwrap();
    assert_eq!(
        transcripts(&found),
        ["sequel by nguyen and the web, new york."]
    );
}

#[test]
fn faulty_markup_is_an_error() {
    let none = Dictionary::default();
    let found = passages("<speak>a", TranscriptLanguage::English, &none, 100);
    assert!(matches!(found, Err(TranscriptError::Ssml(_))), "{found:?}");
}
