//! Texts with marks of Markdown, HTML and SSML, as their writers send them.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use kiskadee_text::{Dictionary, Language, SsmlError, TextFormat, normalize, plain, read, silence};

/// Letters alone, so that `p m` and `PM` are the same.
fn letters(text: &str) -> String {
    let lower = text.to_lowercase();
    lower.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn said(text: &str, format: TextFormat, language: Language) -> Result<String, SsmlError> {
    read(text, format, language, &Dictionary::default(), |_| true).map(|found| plain(&found))
}

/// Lines of class, text and alternatives.
fn check(cases: &str, language: Language) {
    for case in cases.lines().filter(|line| !line.starts_with('#')) {
        let mut fields = case.split('\t').skip(1);
        let text = fields.next().unwrap().replace("\\n", "\n");
        let expected = fields.next().unwrap();
        let said = said(&text, TextFormat::Auto, language).unwrap();
        let is_one = expected
            .split(" | ")
            .any(|one| letters(one) == letters(&said));
        assert!(is_one, "{text}: {said}, not {expected}");
    }
}

#[test]
fn marks_are_not_read_aloud() {
    check(include_str!("cases/marks-en.tsv"), Language::English);
    check(include_str!("cases/marks-pt.tsv"), Language::Portuguese);
}

#[test]
fn ssml_of_other_systems_is_spoken() {
    let cases = include_str!("cases/ssml/expected.tsv").lines();
    for case in cases.filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = case.split('\t').collect();
        let [file, _, status, expected] = fields[..] else {
            panic!("{case}");
        };
        let path = format!(
            "{}/tests/text/cases/ssml/{file}",
            env!("CARGO_MANIFEST_DIR")
        );
        let text = std::fs::read_to_string(path).unwrap();
        match said(&text, TextFormat::Auto, Language::English) {
            Ok(said) => assert_eq!(letters(&said), letters(expected), "{file}"),
            Err(error) => assert!(status.contains("422"), "{file}: {error}"),
        }
    }
}

#[test]
fn values_of_say_as_are_read() {
    for (name, format, written, english, portuguese) in [
        (
            "date",
            "md",
            "3/21",
            "march twenty first",
            "vinte e um de março",
        ),
        (
            "date",
            "my",
            "3/1987",
            "march nineteen eighty seven",
            "março de mil novecentos e oitenta e sete",
        ),
        (
            "date",
            "yyyymmdd",
            "19870321",
            "march twenty first nineteen eighty seven",
            "vinte e um de março de mil novecentos e oitenta e sete",
        ),
        (
            "time",
            "ms",
            "1'21\"",
            "one minute twenty one seconds",
            "um minuto e vinte e um segundos",
        ),
        (
            "duration",
            "hms",
            "01:18:30",
            "one hour eighteen minutes thirty seconds",
            "",
        ),
        ("fraction", "", "2/9", "two ninths", "dois nonos"),
        ("unit", "", "6ft", "six feet", "seis pés"),
        ("number", "ordinal", "3", "third", "terceiro"),
        ("spell-out", "", "abc", "a b c", "a b c"),
        (
            "currency",
            "usd",
            "17.05",
            "seventeen dollars and five cents",
            "",
        ),
    ] {
        let text = format!(
            "<speak>x <say-as interpret-as=\"{name}\" format=\"{format}\">{written}</say-as></speak>"
        );
        for (language, expected) in [
            (Language::English, english),
            (Language::Portuguese, portuguese),
        ] {
            if !expected.is_empty() {
                let said = said(&text, TextFormat::Ssml, language).unwrap();
                assert_eq!(letters(&said), format!("x{}", letters(expected)), "{name}");
            }
        }
    }
}

#[test]
fn formats_differ_in_what_is_a_mark() {
    let text = "<b>x</b> *y*";
    for (format, expected) in [
        (TextFormat::Auto, "x y."),
        (TextFormat::Markdown, "x y."),
        (TextFormat::Html, "x y."),
    ] {
        assert_eq!(
            said(text, format, Language::English)
                .unwrap()
                .to_lowercase(),
            expected,
            "{format}"
        );
    }
    let plain = said("<speak>Hi</speak>", TextFormat::Plain, Language::English).unwrap();
    assert!(plain.contains("speak"), "{plain}");
    assert!(said("Hi", TextFormat::Ssml, Language::English).is_err());
}

#[test]
fn a_text_without_a_word_is_silence_as_long_as_it_asks_for() {
    for (text, milliseconds) in [
        ("😀", 250),
        ("...", 250),
        ("<speak><break time='2s'/></speak>", 2000),
        ("<speak><audio src='a.mp3'/></speak>", 250),
        ("<p></p>", 250),
    ] {
        let found = read(
            text,
            TextFormat::Auto,
            Language::English,
            &Dictionary::default(),
            |_| true,
        );
        assert_eq!(found.unwrap(), [], "{text}");
        assert_eq!(
            silence(text, TextFormat::Auto, "en").as_millis(),
            milliseconds,
            "{text}"
        );
    }
}

#[test]
fn texts_without_marks_are_read_as_ever() {
    for (table, language) in [
        (include_str!("english.tsv"), Language::English),
        (include_str!("portuguese.tsv"), Language::Portuguese),
    ] {
        for (text, _) in table.lines().filter_map(|line| line.split_once('\t')) {
            let found = read(
                text,
                TextFormat::Auto,
                language,
                &Dictionary::default(),
                |_| true,
            );
            let words = |sentences: Vec<kiskadee_text::Sentence>| {
                let words = sentences.into_iter().flat_map(|sentence| sentence.words);
                words
                    .map(|word| (word.text, word.spelled))
                    .collect::<Vec<_>>()
            };
            assert_eq!(
                words(found.unwrap()),
                words(normalize(text, language)),
                "{text}"
            );
        }
    }
}
