//! Dictionaries: what they hold, who sees them, and which of their entries go along with a text.

use kiskadee_speech_api::bodies::{PronunciationList, PronunciationsAnswer};
use serde_json::{Value, json};

use kiskadee_edge_testing::{Answer, Database, SPEECH, Who};

const ENTRIES: &str = r#"'[{"word": "SQL", "alias": "sequel"}, {"word": "Ana", "phonemes": "a n a"}, {"word": "sql", "alias": "squeal"}]'"#;

async fn put(database: &Database, who: Who, language: &str, entries: &str) -> Answer {
    database
        .ask(
            who,
            "put_pronunciations",
            &format!("'{language}', {entries}"),
        )
        .await
}

async fn list(database: &Database, who: Who) -> PronunciationList {
    database.ask(who, "list_pronunciations", "10").await.body()
}

/// What the newest job is told of its text.
async fn told(database: &Database, who: Who, language: &str, text: &str) -> Value {
    let items = json!([{"text": text, "voice_id": "default", "language": language, "tts_engine": null,
        "quality_profile": "balanced", "response_format": "wav", "speed": 1}]);
    let items = items.to_string().replace('\'', "''");
    let answer = database
        .ask(
            who,
            "create_batch",
            &format!("'{items}', null, null, null, null"),
        )
        .await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let told = "select coalesce(args -> 'pronunciations', 'null')::text from queue.job where kind = 'speech' order by id desc limit 1";
    serde_json::from_str(&database.text(told).await).expect("it is JSON")
}

#[tokio::test]
async fn the_last_entry_for_a_word_counts_and_replaces() {
    let database = Database::create(SPEECH).await;
    let first: PronunciationsAnswer = put(&database, Who::Ann, "en-US", ENTRIES).await.body();
    assert_eq!(
        (
            first.language.as_str(),
            first.added,
            first.replaced,
            first.total
        ),
        ("en", 2, 0, 2)
    );
    let again = r#"'[{"word": "ＳＱＬ", "phonemes": "s"}]'"#;
    let second: PronunciationsAnswer = put(&database, Who::Ann, "en", again).await.body();
    assert_eq!((second.added, second.replaced, second.total), (0, 1, 2));
    let kept = list(&database, Who::Ann).await;
    let entry = kept.items.iter().find(|entry| entry.word == "ＳＱＬ");
    let entry = entry.expect("it is listed");
    assert_eq!(
        (entry.phonemes.as_deref(), entry.alias.as_deref()),
        (Some("s"), None)
    );
    database.drop().await;
}

#[tokio::test]
async fn a_dictionary_belongs_to_its_owner() {
    let database = Database::create(SPEECH).await;
    put(&database, Who::Ann, "en", ENTRIES).await;
    assert!(list(&database, Who::Bob).await.items.is_empty());
    let kept = list(&database, Who::Ann).await;
    let id = kept.items[0].pronunciation_id.trim_start_matches("pron_");
    let delete = format!("'{id}'");
    let status = async |who| {
        database
            .ask(who, "delete_pronunciation", &delete)
            .await
            .status
    };
    assert_eq!(status(Who::Bob).await, 404);
    assert_eq!(status(Who::Ann).await, 204);
    assert_eq!(status(Who::Ann).await, 404);
    assert_eq!(told(&database, Who::Bob, "en", "SQL").await, Value::Null);
    database.drop().await;
}

#[tokio::test]
async fn a_text_takes_along_the_entries_that_may_be_in_it() {
    let database = Database::create(SPEECH).await;
    put(&database, Who::Ann, "en", ENTRIES).await;
    put(
        &database,
        Who::Ann,
        "pt-BR",
        r#"'[{"word": "SQL", "alias": "esse quê éle"}]'"#,
    )
    .await;
    assert_eq!(
        told(&database, Who::Ann, "en", "Learn ｓｑｌ.").await,
        json!([{"word": "sql", "alias": "squeal"}])
    );
    assert_eq!(
        told(&database, Who::Ann, "pt-br", "sql, Ana").await,
        json!([{"word": "SQL", "alias": "esse quê éle"}])
    );
    assert_eq!(
        told(&database, Who::Ann, "en", "Nothing.").await,
        Value::Null
    );
    database.drop().await;
}

#[tokio::test]
async fn a_dictionary_is_bounded_and_so_is_what_a_text_takes_along() {
    let database = Database::create(SPEECH).await;
    let words = |from: u32, to: u32| {
        let entry = |n: u32| json!({"word": format!("w{n}"), "alias": "x"});
        let entries: Vec<Value> = (from..to).map(entry).collect();
        format!("'{}'", Value::from(entries))
    };
    assert_eq!(
        put(&database, Who::Ann, "en", &words(0, 2000)).await.status,
        200
    );
    let full = put(&database, Who::Ann, "en", &words(1999, 2001)).await;
    assert_eq!((full.status, full.code.as_deref()), (409, Some("conflict")));
    assert_eq!(
        put(&database, Who::Ann, "en", &words(0, 500)).await.status,
        200
    );
    let words: Vec<String> = (0..600).map(|n| format!("w{n}")).collect();
    let told = told(&database, Who::Ann, "en", &words.join(" ")).await;
    assert_eq!(told.as_array().map(Vec::len), Some(200));
    database.drop().await;
}

#[tokio::test]
async fn words_are_found_wherever_they_may_stand() {
    let database = Database::create(SPEECH).await;
    let entries = r#"'[{"word": ".NET", "alias": "dot net"}, {"word": "C++", "alias": "see plus plus"}, {"word": "→", "alias": "to"},
        {"word": "São Paulo", "alias": "the city"}, {"word": "can''t", "alias": "cannot"}, {"word": "absent", "alias": "x"}]'"#;
    put(&database, Who::Ann, "en", entries).await;
    let text = "ASP.NET and C++: we CAN'T go → São Paulo, (.net).";
    let found = told(&database, Who::Ann, "en", text).await;
    let words: Vec<&str> = found
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|entry| entry["word"].as_str())
        .collect();
    assert_eq!(words, ["São Paulo", "can't", ".NET", "C++", "→"]);
    database.drop().await;
}

/// The words of the entries that go along with a text.
async fn words_told(database: &Database, text: &str) -> Vec<String> {
    let found = told(database, Who::Ann, "pt", text).await;
    let words = found.as_array().into_iter().flatten();
    let words = words.filter_map(|entry| entry["word"].as_str());
    words.map(str::to_owned).collect()
}

#[tokio::test]
async fn words_are_found_in_any_case_of_any_letter() {
    let database = Database::create(SPEECH).await;
    for (entry, texts) in [
        ("Ânia", ["ÂNIA", "ânia", "a “Ânia”"]),
        ("ÓRGÃO", ["órgão", "Órgão", "O\u{301}RGÃO"]),
        ("Łódź", ["ŁÓDŹ", "łódź", "em Łódź."]),
        ("ΑΘΉΝΑ", ["αθήνα", "Αθήνα", "ΑΘΉΝΑ"]),
        ("МОСКВА", ["москва", "Москва", "Москва́, Москва"]),
        ("Nguyễn", ["NGUYỄN", "nguyễn", "Nguyễn"]),
    ] {
        let entries = format!(r#"'[{{"word": "{entry}", "alias": "x"}}]'"#);
        assert_eq!(put(&database, Who::Ann, "pt", &entries).await.status, 200);
        for text in texts {
            assert_eq!(words_told(&database, text).await, [entry], "{text}");
        }
    }
    // As a database of the locale C folds.
    let folded = "select speech.folded('ÂNIA Ｘ Ա Ÿ' collate \"C\")";
    assert_eq!(database.text(folded).await, "ânia x ա ÿ");
    let again = r#"'[{"word": "ânia", "alias": "y"}]'"#;
    let answer: PronunciationsAnswer = put(&database, Who::Ann, "pt", again).await.body();
    assert_eq!((answer.added, answer.replaced), (0, 1));
    database.drop().await;
}

#[tokio::test]
async fn possessives_and_plurals_take_their_entry_along() {
    let database = Database::create(SPEECH).await;
    let entries = r#"'[{"word": "Nguyen", "alias": "x"}, {"word": "city", "alias": "x"}, {"word": "box", "alias": "x"},
        {"word": "item", "alias": "x"}, {"word": "papel", "alias": "x"}, {"word": "New Yorker", "alias": "x"},
        {"word": "gestão", "alias": "x"}, {"word": "Ana", "alias": "x"}, {"word": "papelaria", "alias": "x"}]'"#;
    put(&database, Who::Ann, "pt", entries).await;
    for (text, word) in [
        ("Nguyen's", "Nguyen"),
        ("the Nguyens’ house", "Nguyen"),
        ("CITIES", "city"),
        ("boxes", "box"),
        ("Itens", "item"),
        ("PAPÉIS", "papel"),
        ("papeis", "papel"),
        ("new yorkers", "New Yorker"),
        ("gestões", "gestão"),
    ] {
        assert_eq!(words_told(&database, text).await, [word], "{text}");
    }
    assert!(
        words_told(&database, "Anastácia, bananas, papelão")
            .await
            .is_empty()
    );
    database.drop().await;
}
