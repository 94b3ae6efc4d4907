//! Phonemes through the public face, with the real program, against those of a peer.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use std::{path::Path, time::Duration};

use kiskadee_speech::{Clause, PhonemeStyle, Phonemizer, PhonemizerConfig, SpeechError};
use kiskadee_text::{Language, Sentence, as_written, normalize, plain, written_case};
use unicode_normalization::UnicodeNormalization;

async fn phonemizer() -> Phonemizer {
    Phonemizer::start(PhonemizerConfig::default())
        .await
        .expect("espeak-ng must be installed for this test")
}

/// A program that stands in for espeak-ng and answers as `script` says.
fn stand_in(dir: &Path, script: &str) -> PhonemizerConfig {
    let path = dir.join("espeak-stand-in");
    let text = format!(
        "#!/bin/sh\nif [ \"$1\" = --version ]; then echo 'eSpeak NG text-to-speech: 9.9  Data at: /x'; exit; fi\n{script}\n"
    );
    // Another process writes what is run: a descriptor of ours could be open in a child that another test just starts, and a
    // file that somebody writes to cannot be run.
    let source = dir.join("source");
    std::fs::write(&source, text).unwrap();
    let installed = std::process::Command::new("install")
        .args(["-m", "755"])
        .args([&source, &path])
        .status();
    assert!(installed.unwrap().success());
    PhonemizerConfig {
        program: path.to_str().unwrap().to_owned(),
        silence: Duration::from_millis(500),
        ..PhonemizerConfig::default()
    }
}

fn read(text: &str, language: Language) -> Vec<Sentence> {
    let mut sentences = normalize(text, language);
    for word in sentences
        .iter_mut()
        .flat_map(|sentence| &mut sentence.words)
    {
        word.text = written_case(word, text, language).into_owned();
    }
    sentences
}

fn line(clauses: &[Clause]) -> String {
    let clause = |clause: &Clause| format!("{}{}", clause.ipa, String::from_iter(clause.mark));
    clauses.iter().map(clause).collect::<Vec<_>>().join(" ")
}

async fn clauses(phonemizer: &Phonemizer, text: &str) -> Result<Vec<Clause>, SpeechError> {
    let words = as_written(text, 10_000).remove(0).words;
    phonemizer
        .phonemize("en-us", PhonemeStyle::Plain, &words)
        .await
}

/// The sentences whose phonemes are not the peer's.
async fn other_than_the_peer(list: &str, voice: &str, language: Language) -> Vec<String> {
    let phonemizer = phonemizer().await;
    let mut others = Vec::new();
    for row in list.lines() {
        let [text, spoken, expected] = row.split('\t').collect::<Vec<_>>()[..] else {
            panic!("not three columns: {row}");
        };
        let sentences = read(text, language);
        assert_eq!(plain(&sentences), spoken, "the list is to be made anew");
        let mut found = Vec::new();
        for sentence in &sentences {
            let clauses = phonemizer
                .phonemize(voice, PhonemeStyle::Plain, &sentence.words)
                .await
                .unwrap();
            found.push(line(&clauses));
        }
        let found: String = found.join(" ").nfd().collect();
        if found != expected {
            println!("{spoken}\n  here {found}\n  peer {expected}");
            others.push(text.to_owned());
        }
    }
    others
}

#[tokio::test]
async fn english_phonemes_are_those_that_piper_was_trained_with() {
    let list = include_str!("english.tsv");
    assert_eq!(list.lines().count(), 100);
    // A single word's stress and that of `if there is one` depend on its place in the clause, which the program does not show.
    let known = [
        "What?! You can't be serious!",
        "The price – if there is one – is unknown.",
        "Wait, what?",
        "So: who, when, where and why?",
    ];
    let others = other_than_the_peer(list, "en-us", Language::English).await;
    assert!(
        others.iter().all(|text| known.contains(&text.as_str())),
        "{others:#?}"
    );
}

#[tokio::test]
async fn portuguese_phonemes_are_those_that_piper_was_trained_with() {
    let list = include_str!("portuguese.tsv");
    assert_eq!(list.lines().count(), 40);
    let others = other_than_the_peer(list, "pt-br", Language::Portuguese).await;
    assert!(others.is_empty(), "{others:#?}");
}

#[tokio::test]
async fn ties_are_written_where_they_are_wanted() {
    let phonemizer = phonemizer().await;
    let words = as_written("Choice.", 100).remove(0).words;
    let tied = phonemizer
        .phonemize("en-us", PhonemeStyle::Tied, &words)
        .await
        .unwrap();
    assert_eq!(line(&tied), "t^ʃˈɔ^ɪs.");
    assert_eq!(
        line(&clauses(&phonemizer, "Choice.").await.unwrap()),
        "tʃˈɔɪs."
    );
    assert!(
        phonemizer
            .version()
            .starts_with(|c: char| c.is_ascii_digit())
    );
}

#[tokio::test]
async fn words_have_their_phonemes_and_given_ones_take_their_place() {
    let phonemizer = phonemizer().await;
    let mut words = as_written("The way of the kiskadee, I am told.", 100)
        .remove(0)
        .words;
    let said = |clauses: &[Clause]| -> Vec<(usize, String)> {
        let of = |clause: &Clause| {
            let part = |word: &kiskadee_speech::WordPhones| {
                (word.word, clause.ipa[word.phones.clone()].to_owned())
            };
            clause.words.iter().map(part).collect::<Vec<_>>()
        };
        clauses.iter().flat_map(of).collect()
    };
    let plain = phonemizer
        .phonemize("en-us", PhonemeStyle::Plain, &words)
        .await
        .unwrap();
    let found = said(&plain);
    assert!(found.iter().map(|(word, _)| *word).eq(0..8), "{found:?}");
    assert_eq!(
        (found[1].1.as_str(), found[7].1.as_str()),
        ("wˈeɪ", "tˈoʊld")
    );

    words[4].pronunciation = Some("/kɪskəˈdiː/".to_owned());
    let given = phonemizer
        .phonemize("en-us", PhonemeStyle::Plain, &words)
        .await
        .unwrap();
    let found = said(&given);
    assert!(found.iter().map(|(word, _)| *word).eq(0..8), "{found:?}");
    assert_eq!(found[4].1, "kɪskəˈdiː");
    assert_eq!(given[1], plain[1]);
}

#[tokio::test]
async fn nothing_in_a_text_is_a_command_and_long_ones_are_heard_whole() {
    let phonemizer = phonemizer().await;
    let expected = clauses(&phonemizer, "hello there.").await.unwrap();
    let long = format!("start {} end", "word ".repeat(1_000));
    for text in [
        "[[h@loU]] x",
        "a\u{1}9Vb c",
        "--version x",
        "<speak>x</speak>",
        "(en) x",
        "👍 x",
        &long,
        &"x".repeat(5_000),
    ] {
        let found = clauses(&phonemizer, text).await.unwrap();
        assert!(
            !found[0].ipa.is_empty() && !found[0].ipa.contains(['[', '(', '_']),
            "{text}"
        );
        assert_eq!(
            clauses(&phonemizer, "hello there.").await.unwrap(),
            expected,
            "after {text}"
        );
    }
    let found = clauses(&phonemizer, &long).await.unwrap();
    assert_eq!(found[0].words.len(), 1_002);
    assert_eq!(found[0].ipa.matches("wˈɜːd").count(), 1_000);
}

#[tokio::test]
async fn many_voices_and_askers_get_their_own_answers() {
    let phonemizer = Phonemizer::start(PhonemizerConfig {
        processes: 2,
        lines_per_process: 3,
        ..PhonemizerConfig::default()
    })
    .await
    .unwrap();
    let ask = |voice: &'static str, number: usize| {
        let phonemizer = &phonemizer;
        async move {
            let words = as_written(&format!("{number} a."), 100).remove(0).words;
            let asked = phonemizer.phonemize(voice, PhonemeStyle::Plain, &words);
            (voice, number, line(&asked.await.unwrap()))
        }
    };
    let voices = ["en-us", "pt-br", "de"];
    let all = (0..30).map(|at| ask(voices[at % 3], at % 5));
    let mut seen = std::collections::HashMap::new();
    for (voice, number, found) in futures::future::join_all(all).await {
        let before = seen.entry((voice, number)).or_insert_with(|| found.clone());
        assert_eq!(*before, found, "{voice} {number}");
    }
    let different: std::collections::HashSet<_> = seen.values().collect();
    assert_eq!(different.len(), 15);
}

#[tokio::test]
async fn a_sentence_that_was_given_up_does_not_shift_the_next() {
    let phonemizer = phonemizer().await;
    let expected = clauses(&phonemizer, "hello there.").await.unwrap();
    for _ in 0..20 {
        let given_up = clauses(&phonemizer, "one sentence, that nobody waits for.");
        let _ = tokio::time::timeout(Duration::from_micros(200), given_up).await;
        assert_eq!(
            clauses(&phonemizer, "hello there.").await.unwrap(),
            expected
        );
    }
}

#[tokio::test]
async fn a_process_that_hangs_dies_or_babbles_is_started_anew_once() {
    let dir = tempfile::tempdir().unwrap();
    for (script, why) in [
        ("read fence; echo $fence; exec sleep 60", "no answer"),
        ("read fence; echo $fence; read line; exit 3", "ended"),
        ("read fence; echo $fence; exec yes", "no end"),
        ("read fence; echo", "no phonemes"),
        ("echo it broke >&2; exit 1", "it broke"),
    ] {
        let config = stand_in(dir.path(), script);
        let phonemizer = Phonemizer::start(config).await.unwrap();
        assert_eq!(phonemizer.version(), "9.9");
        let error = clauses(&phonemizer, "hello there.").await.unwrap_err();
        assert!(
            matches!(&error, SpeechError::Retry(message) if message.contains(why)),
            "{script}: {error}"
        );
    }
    // It repeats what it is asked, and dies at every third line.
    let flaky = stand_in(dir.path(), "for i in 1 2 3; do read line; echo $line; done");
    let phonemizer = Phonemizer::start(flaky).await.unwrap();
    for _ in 0..4 {
        let found = clauses(&phonemizer, "hello there.").await.unwrap();
        assert_eq!(found[0].ipa, "hello there.");
    }
}

#[tokio::test]
async fn the_program_is_told_no_secrets() {
    let dir = tempfile::tempdir().unwrap();
    let script = "read fence; echo $fence; while read line; do echo \"$line $(env | cut -d= -f1 | tr '\\n' ' ')\"; read line; echo $line; done";
    let phonemizer = Phonemizer::start(stand_in(dir.path(), script))
        .await
        .unwrap();
    let found = clauses(&phonemizer, "hello there.").await.unwrap();
    let told = &found[0].ipa;
    assert!(told.contains("PATH") && !told.contains("CARGO"), "{told}");
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let missing = PhonemizerConfig {
        program: "espeak-that-is-not-there".to_owned(),
        ..PhonemizerConfig::default()
    };
    let error = Phonemizer::start(missing).await.unwrap_err();
    assert!(
        matches!(&error, SpeechError::Unavailable(why) if why.contains("apt-get install espeak-ng")),
        "{error}"
    );
    let phonemizer = phonemizer().await;
    let words = as_written("Hello.", 100).remove(0).words;
    let ask = |voice| phonemizer.phonemize(voice, PhonemeStyle::Plain, &words);
    let error = ask("xx-nowhere").await.unwrap_err();
    assert!(
        matches!(&error, SpeechError::Unavailable(why) if why.contains("xx-nowhere")),
        "{error}"
    );
    assert!(matches!(ask("../x").await, Err(SpeechError::Reject(_))));
    assert_eq!(
        phonemizer
            .phonemize("en-us", PhonemeStyle::Plain, &[])
            .await,
        Ok(Vec::new())
    );
}
