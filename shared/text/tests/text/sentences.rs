//! Sentences, boundaries and sources of normalised texts.

use std::ops::Range;

use kiskadee_text::{Boundary, Language, normalize, plain};

fn read(text: &str) -> String {
    plain(&normalize(text, Language::English))
}

fn sources(text: &str) -> Vec<(String, Range<usize>)> {
    normalize(text, Language::English)
        .into_iter()
        .flat_map(|sentence| sentence.words)
        .map(|word| (word.text, word.source))
        .collect()
}

#[test]
fn punctuation_survives_as_boundaries() {
    for (text, expected) in [
        ("Hello", "hello."),
        ("Hello, world!", "hello, world!"),
        ("Well; yes: no (maybe) — ok?", "well; yes; no, maybe, okay?"),
        ("Wait... what?! Really…", "wait, what? really."),
        ("“Stop!” he cried.", "stop! he cried."),
        (
            "We met at 5 p.m. The sun shone.",
            "we met at five P M. the sun shone.",
        ),
        ("Apples, pears, etc.", "apples, pears, et cetera."),
        ("1. First item", "one; first item."),
        ("One.\n\nTwo?\n\nThree.", "one.\n\ntwo? three."),
        ("😀 …\n\n", ""),
        ("Title\n\n😀\n\nText", "title.\n\ntext."),
    ] {
        assert_eq!(read(text), expected, "{text:?}");
    }
}

#[test]
fn sentences_end_where_a_reader_would_end_them() {
    for (text, count) in [
        ("Dr. Smith paid $3.14 in the U.S. Army store. He left.", 2),
        ("J. R. R. Tolkien wrote it. I read it.", 2),
        ("See e.g. this, i.e. that. Done.", 2),
        ("Version 2.0.1 is out! Get it at example.com. Now?", 3),
        ("\"Who? Me?\" said St. Nick on Jan. 5.", 2),
    ] {
        assert_eq!(normalize(text, Language::English).len(), count, "{text:?}");
    }
}

#[test]
fn sources_are_bytes_of_the_input() {
    let text = "é! On May 3rd, 2021 I paid “$5”.";
    let at = |part: &str| {
        let start = text.find(part).unwrap();
        start..start + part.len()
    };
    let word = |spoken: &str, part: &str| (spoken.to_owned(), at(part));
    let expected = [
        word("e", "é"),
        word("on", "On"),
        word("may", "May"),
        word("third", "3"),
        word("twenty", "2021"),
        word("twenty", "2021"),
        word("one", "2021"),
        word("i", "I"),
        word("paid", "paid"),
        word("five", "$5"),
        word("dollars", "$5"),
    ];
    assert_eq!(sources(text), expected);
}

#[test]
fn long_sentences_are_cut_without_closing_them() {
    let text = "The first part of it, which is long, goes on and on ".repeat(20);
    let sentences = normalize(&text, Language::English);
    assert!(sentences.len() > 3);
    let (last, rest) = sentences.split_last().unwrap();
    let end = |sentence: &kiskadee_text::Sentence| sentence.words.last().unwrap().boundary;
    assert!(rest.iter().all(|piece| end(piece) == Boundary::Minor));
    assert_eq!(end(last), Boundary::Statement);
}

#[test]
fn letters_by_name_are_marked() {
    let sentences = normalize("The CEOs of A.B. got an MP3.", Language::English);
    let spelled: Vec<_> = sentences[0]
        .words
        .iter()
        .filter(|word| word.spelled)
        .collect();
    let texts: Vec<_> = spelled.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(texts, ["c", "e", "o's", "a", "b", "m", "p"]);
}
