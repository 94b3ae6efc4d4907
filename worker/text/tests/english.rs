//! English as it is read aloud, against a table written by hand.

use kiskadee_text::{Language, Sentence, Word, normalize};

const CASES: &str = include_str!("english.tsv");

fn written(word: &Word) -> String {
    match word.text.split_at_checked(1) {
        Some((first, rest)) if word.spelled => first.to_uppercase() + rest,
        _ => word.text.clone(),
    }
}

fn spoken(text: &str) -> String {
    let sentences: Vec<Sentence> = normalize(text, Language::English);
    let words = sentences.iter().flat_map(|sentence| &sentence.words);
    words.map(written).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_table_is_read_as_written() {
    let cases: Vec<(&str, &str)> = CASES
        .lines()
        .filter(|line| !line.starts_with("# "))
        .filter_map(|line| line.split_once('\t'))
        .collect();
    assert!(cases.len() >= 300, "only {} cases", cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(text, expected)| spoken(text) != *expected)
        .map(|(text, expected)| {
            format!(
                "{text:?}\n  expected {expected}\n  found    {}",
                spoken(text)
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
