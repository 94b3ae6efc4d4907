//! Dictionaries applied to texts, as engines do it.

use std::borrow::Cow;

use kiskadee_text::{Boundary, Dictionary, Entry, Language, Sentence, normalize, plain};
use proptest::prelude::*;

fn dictionary(entries: &[(&str, Entry)]) -> Dictionary {
    let entries = entries
        .iter()
        .map(|(word, entry)| ((*word).to_owned(), entry.clone()));
    Dictionary::new(entries)
}

fn alias(text: &str) -> Entry {
    Entry::Alias(text.to_owned())
}

fn phones(text: &str) -> Entry {
    Entry::Pronounced(text.to_owned())
}

fn applied(dictionary: &Dictionary, text: &str, language: Language) -> Vec<Sentence> {
    let mut sentences = normalize(text, language);
    dictionary.apply(text, &mut sentences, language, |_| true);
    sentences
}

fn said(entries: &[(&str, Entry)], text: &str) -> String {
    plain(&applied(&dictionary(entries), text, Language::English))
}

#[test]
fn a_word_is_found_as_it_is_written() {
    let sequel = [("SQL", alias("sequel"))];
    for (text, expected) in [
        ("Learn SQL now.", "learn sequel now."),
        (
            "sql, Sql and \u{201c}SQL\u{201d}!",
            "sequel, sequel and sequel!",
        ),
        ("It is 'SQL'.", "it is sequel."),
        ("(SQL)", "sequel"),
        ("ＳＱＬ", "sequel"),
    ] {
        assert!(
            said(&sequel, text).starts_with(expected),
            "{text}: {}",
            said(&sequel, text)
        );
    }
}

#[test]
fn only_whole_words_are_found() {
    let entries = [
        ("sql", alias("sequel")),
        ("don", alias("dawn")),
        ("km", alias("wrong")),
    ];
    for text in ["MySQLs", "SQL'd", "don't", "It is 5 km long.", "SQL2"] {
        assert_eq!(
            said(&entries, text),
            plain(&normalize(text, Language::English)),
            "{text}"
        );
    }
}

#[test]
fn the_longest_entry_counts() {
    let entries = [
        ("New York", alias("the big apple")),
        ("york", alias("jorvik")),
        ("C++", alias("see plus plus")),
        ("dr", alias("druid")),
    ];
    for (text, expected) in [
        ("From new\n york.", "from the big apple."),
        ("Old York.", "old jorvik."),
        ("New, York.", "new, jorvik."),
        ("Write C++, quickly.", "write see plus plus, quickly."),
        ("Ask Dr. Lee.", "ask druid lee."),
    ] {
        assert_eq!(said(&entries, text), expected, "{text}");
    }
}

#[test]
fn possessives_and_plurals_follow_their_word() {
    let entries = [
        ("Nguyen", alias("win")),
        ("Koch", phones("k ow1 k")),
        ("GIF", alias("jif")),
        ("TV", alias("telly")),
        ("mar", alias("wrong")),
        ("it", alias("wrong")),
        ("Smith", alias("smyth")),
        ("Smiths", alias("the band")),
    ];
    for (text, expected) in [
        ("I saw Nguyen's house.", "i saw win's house."),
        ("NGUYEN\u{2019}S house", "win's house"),
        (
            "The Nguyens' house, the Nguyens.",
            "the wins house, the wins.",
        ),
        ("GIFs and a GIF's size", "jifs and a jif's size"),
        ("Two TVs", "two tellies"),
        ("Its tvs on Mars", "its T V S on mars"),
        ("A Smith, the Smiths.", "a smyth, the the band."),
    ] {
        assert_eq!(
            said(&entries, text).trim_end_matches(['.', ' ']),
            expected.trim_end_matches('.'),
            "{text}"
        );
    }
    let sentences = applied(&dictionary(&entries), "Koch's", Language::English);
    let word = &sentences[0].words[0];
    assert_eq!(word.pronunciation.as_deref(), Some("k ow1 k s"));
    assert_eq!(word.source, 0..6);
    let rewritten = dictionary(&entries)
        .rewrite("Nguyen’s TVs, ‘GIFs’.")
        .into_owned();
    assert_eq!(rewritten, "win's tellies, ‘jifs’.");
}

#[test]
fn portuguese_plurals_follow_their_word() {
    let entries = dictionary(&[
        ("mouse", alias("máuse")),
        ("Pixel", phones("p i k s E U")),
        ("item", alias("ítem")),
    ]);
    let sentences = applied(
        &entries,
        "Dois mouses e três itens do McMouse's.",
        Language::Portuguese,
    );
    assert_eq!(
        plain(&sentences).split(" do ").next(),
        Some("dois máuses e três ítens")
    );
}

#[test]
fn an_entry_does_not_reach_across_sentences() {
    let entries = [("go. come", alias("wrong"))];
    assert_eq!(said(&entries, "They go. Come here."), "they go. come here.");
}

#[test]
fn an_alias_is_read_as_text_and_keeps_its_place() {
    let entries = [("bday", alias("birthday no. 3! Yes"))];
    let text = "My bday, then?";
    let sentences = applied(&dictionary(&entries), text, Language::English);
    let words = &sentences[0].words;
    assert_eq!(plain(&sentences), "my birthday number three; yes, then?");
    assert!(
        words[1..5]
            .iter()
            .all(|word| &text[word.source.clone()] == "bday")
    );
    assert_eq!(words[4].boundary, Boundary::Minor);
}

#[test]
fn phones_make_one_word_of_what_was_spelled() {
    let entries = [("SQL", phones("s iy1 k w ax l"))];
    let sentences = applied(&dictionary(&entries), "Use SQL.", Language::English);
    let [_, word] = sentences[0].words.as_slice() else {
        panic!("{sentences:?}");
    };
    assert_eq!(word.pronunciation.as_deref(), Some("s iy1 k w ax l"));
    assert_eq!((word.text.as_str(), word.spelled), ("sql", false));
    assert_eq!(
        (word.source.clone(), word.boundary),
        (4..7, Boundary::Statement)
    );
}

#[test]
fn phones_that_cannot_be_read_change_nothing() {
    let entries = dictionary(&[("SQL", phones("??")), ("use", phones("y uw1 z"))]);
    let mut sentences = normalize("Use SQL.", Language::English);
    entries.apply("Use SQL.", &mut sentences, Language::English, |phones| {
        phones != "??"
    });
    let given: Vec<_> = sentences[0]
        .words
        .iter()
        .map(|word| word.pronunciation.is_some())
        .collect();
    assert_eq!(given, [true, false, false, false]);
}

#[test]
fn what_the_text_gives_itself_goes_first() {
    let entries = dictionary(&[("lead", alias("wrong"))]);
    let mut sentences = normalize("Lead.", Language::English);
    sentences[0].words[0].pronunciation = Some("l eh1 d".to_owned());
    let before = sentences.clone();
    entries.apply("Lead.", &mut sentences, Language::English, |_| true);
    assert_eq!(sentences, before);
}

#[test]
fn portuguese_is_found_in_any_case() {
    let entries = dictionary(&[("ÓRGÃO", alias("orgão")), ("sus", alias("sistema único"))]);
    let sentences = applied(&entries, "O o\u{301}rgão do SUS.", Language::Portuguese);
    assert_eq!(plain(&sentences), "o orgão do sistema único.");
}

#[test]
fn aliases_cannot_grow_a_text_without_end() {
    let entries = [("a", alias(&"word ".repeat(40)))];
    let text = "a ".repeat(2_000);
    let words: usize = applied(&dictionary(&entries), &text, Language::English)
        .iter()
        .map(|sentence| sentence.words.len())
        .sum();
    assert_eq!(words, 50 * 40 + 1_950);
    assert!(dictionary(&entries).rewrite(&text).len() < text.len() + 10_000);
}

#[test]
fn text_is_rewritten_for_engines_that_take_text() {
    let entries = dictionary(&[("sql", alias("sequel")), ("Nguyen", phones("w ih1 n"))]);
    assert_eq!(
        entries.rewrite("SQL: Nguyen’s SQL."),
        "sequel: Nguyen’s sequel."
    );
    assert!(matches!(entries.rewrite("Nothing here."), Cow::Borrowed(_)));
}

#[test]
fn an_entry_without_a_word_is_left_out() {
    let entries = dictionary(&[(" \u{200b}", alias("wrong"))]);
    assert!(entries.is_empty());
    assert_eq!(entries.rewrite("a  b"), "a  b");
    assert!(dictionary(&[("a", alias("b"))]).bytes() > 2);
}

proptest! {
    #[test]
    fn any_text_can_be_searched(text in "\\PC{0,60}|[abAB '.,\u{301}-]{0,60}", word in "\\PC{1,6}|[ab' .]{1,4}") {
        let entries = dictionary(&[(word.as_str(), alias("xylo phone")), ("b", phones("b"))]);
        for language in [Language::English, Language::Portuguese] {
            let sentences = applied(&entries, &text, language);
            let words = sentences.iter().flat_map(|sentence| &sentence.words);
            for word in words {
                prop_assert!(text.get(word.source.clone()).is_some());
            }
            prop_assert_eq!(sentences.len(), normalize(&text, language).len());
        }
        entries.rewrite(&text);
    }
}
