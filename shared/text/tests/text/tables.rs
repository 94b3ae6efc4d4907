//! Each language as it is read aloud, against a table written by hand.

use kiskadee_text::{Language, Sentence, Word, normalize};

fn written(word: &Word) -> String {
    match word.text.split_at_checked(1) {
        Some((first, rest)) if word.spelled => first.to_uppercase() + rest,
        _ => word.text.clone(),
    }
}

fn spoken(text: &str, language: Language) -> String {
    let sentences: Vec<Sentence> = normalize(text, language);
    let words = sentences.iter().flat_map(|sentence| &sentence.words);
    words.map(written).collect::<Vec<_>>().join(" ")
}

fn check(table: &str, language: Language) {
    let cases: Vec<(&str, &str)> = table
        .lines()
        .filter(|line| !line.starts_with("# "))
        .filter_map(|line| line.split_once('\t'))
        .collect();
    assert!(cases.len() >= 300, "only {} cases", cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(text, expected)| spoken(text, language) != *expected)
        .map(|(text, expected)| {
            format!(
                "{text:?}\n  expected {expected}\n  found    {}",
                spoken(text, language)
            )
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn english_is_read_as_written() {
    check(include_str!("english.tsv"), Language::English);
}

#[test]
fn portuguese_is_read_as_written() {
    check(include_str!("portuguese.tsv"), Language::Portuguese);
}
